# Two stages: the wheels are built in the first, and nothing but Python, they and a user are in the second.
# Any registry's copy of the image will do: docker build --build-arg PYTHON=registry.example.org/python:3.13-slim-bookworm .
ARG PYTHON=python:3.13-slim-bookworm

FROM ${PYTHON} AS build
WORKDIR /src
COPY requirements-run.lock ./
RUN python -m venv /opt/neverdark \
 && /opt/neverdark/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements-run.lock
COPY pyproject.toml setup.py README.md LICENSE ./
COPY neverdark ./neverdark
COPY bots ./bots
COPY core ./core
COPY worker ./worker
COPY web ./web
COPY sandbox ./sandbox
COPY migrations ./migrations
RUN /opt/neverdark/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation . \
 && /opt/neverdark/bin/pip uninstall --yes --quiet pip \
 && /opt/neverdark/bin/python -m compileall -q /opt/neverdark

FROM ${PYTHON}
RUN groupadd --gid 10001 neverdark \
 && useradd --uid 10001 --gid 10001 --home-dir /var/lib/neverdark --create-home neverdark
COPY --from=build /opt/neverdark /opt/neverdark
ENV PATH=/opt/neverdark/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    NEVERDARK_HOME=/var/lib/neverdark \
    LOG_FORMAT=json \
    WEB_HOST=0.0.0.0 \
    WEB_PORT=8710
USER 10001:10001
WORKDIR /var/lib/neverdark
# All that is written: locks, clips under way. With a read-only root give a volume here, and a tmpfs at /tmp.
VOLUME ["/var/lib/neverdark"]
EXPOSE 8710
STOPSIGNAL SIGTERM
# For `web`, which the image runs by default; compose.yaml says how the others are looked at.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
  CMD ["neverdark", "healthy", "web"]
ENTRYPOINT ["neverdark"]
CMD ["web"]
