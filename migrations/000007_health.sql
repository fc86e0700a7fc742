-- migrate:up

-- The health of routes: rows, events, outcomes, slots and usual times.

-- A function may name what a later file makes.
SET LOCAL check_function_bodies = off;

-- How each route is doing. Changed only under its row lock, by the pure step of core/domain/health/state_machine.py.
CREATE TABLE provider_health (
    route          text PRIMARY KEY,
    state          text NOT NULL DEFAULT 'healthy',
    since          timestamptz NOT NULL DEFAULT nd_now(),
    until          timestamptz,
    reason         text NOT NULL DEFAULT 'new',
    note           text NOT NULL DEFAULT '',
    epoch          bigint NOT NULL DEFAULT 0,
    e              smallint NOT NULL DEFAULT 0,
    e_at           timestamptz NOT NULL DEFAULT nd_now(),
    score          double precision NOT NULL DEFAULT 0,
    score_at       timestamptz NOT NULL DEFAULT nd_now(),
    rate           double precision NOT NULL DEFAULT 0,
    rate_at        timestamptz NOT NULL DEFAULT nd_now(),
    recent         jsonb NOT NULL DEFAULT '{}',
    probe_window   smallint NOT NULL DEFAULT 1,
    probes         jsonb NOT NULL DEFAULT '[]',
    probe_inflight integer GENERATED ALWAYS AS (jsonb_array_length(probes)) STORED,
    probe_ok       smallint NOT NULL DEFAULT 0,
    probe_last     timestamptz,
    cooldown_until timestamptz,
    cooldown_k     smallint NOT NULL DEFAULT 0,
    live_bad       integer NOT NULL DEFAULT 0,
    live_at        timestamptz,
    slots          integer NOT NULL,
    slots_max      integer NOT NULL,
    slots_ok       smallint NOT NULL DEFAULT 0,
    panic_due      timestamptz,
    hedge_tokens   double precision NOT NULL,
    CONSTRAINT provider_health_state CHECK (state IN ('healthy', 'demoted', 'probing', 'held')),
    CONSTRAINT provider_health_score CHECK (score >= 0),
    CONSTRAINT provider_health_e CHECK (e BETWEEN 0 AND 8),
    CONSTRAINT provider_health_window CHECK (probe_window IN (1, 2, 4, 8)),
    CONSTRAINT provider_health_slots CHECK (slots BETWEEN 1 AND slots_max)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

-- Every transition, with what spoke for it: the answer to "why was it demoted at 14:02?".
CREATE TABLE provider_health_events (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    route      text NOT NULL,
    at         timestamptz NOT NULL,
    from_state text NOT NULL,
    to_state   text NOT NULL,
    reason     text NOT NULL,
    score      double precision NOT NULL,
    until      timestamptz,
    epoch      bigint NOT NULL,
    actor      text NOT NULL,
    evidence   jsonb NOT NULL,
    CONSTRAINT provider_health_events_epoch UNIQUE (route, epoch)
);

CREATE INDEX provider_health_events_at ON provider_health_events (at DESC);

-- Which news of which attempt has been counted, so that a repeated step counts nothing twice.
CREATE TABLE provider_health_applied (
    generation_id uuid NOT NULL,
    n             smallint NOT NULL,
    kind          text NOT NULL,
    at            timestamptz NOT NULL DEFAULT nd_now(),
    PRIMARY KEY (generation_id, n, kind)
);

CREATE INDEX provider_health_applied_at ON provider_health_applied (at);

-- What each attempt has on record against its route, and whose it was: the ground of damping and of loans.
CREATE TABLE provider_health_blame (
    route         text NOT NULL,
    generation_id uuid NOT NULL,
    n             smallint NOT NULL,
    member_id     bigint,
    epoch         bigint NOT NULL,
    at            timestamptz NOT NULL,
    class         text NOT NULL,
    counted       double precision NOT NULL,
    factor        double precision NOT NULL,
    PRIMARY KEY (generation_id, n, route)
);

CREATE INDEX provider_health_blame_member ON provider_health_blame (route, member_id, at);
CREATE INDEX provider_health_blame_at ON provider_health_blame (at);

-- Attempts in flight at each route. A lease whose time is over counts no more.
CREATE TABLE provider_slots (
    route         text NOT NULL,
    generation_id uuid NOT NULL,
    n             smallint NOT NULL,
    until         timestamptz NOT NULL,
    -- Whether the vendor counts an attempt against its limit for as long as it works on it, even when we wait for it no more.
    -- Where the limit is our own, an attempt over its deadline is in nobody's way.
    counts_late boolean NOT NULL DEFAULT true,
    PRIMARY KEY (generation_id, n)
);

CREATE INDEX provider_slots_route ON provider_slots (route, until);

-- Outcomes by minute, for charts, the status page and the retry budget; no demotion is decided from them.
-- class: ok, slow, an error class, or for starts: first, extra.
CREATE TABLE provider_health_buckets (
    route   text NOT NULL,
    minute  timestamptz NOT NULL,
    class   text NOT NULL,
    count   integer NOT NULL,
    seconds double precision NOT NULL DEFAULT 0,
    PRIMARY KEY (route, minute, class)
) WITH (fillfactor = 70);

CREATE INDEX provider_health_buckets_minute ON provider_health_buckets (minute, class);

-- How long successes took that were started while their route was healthy.
CREATE TABLE provider_latency (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    route      text NOT NULL,
    operation  text NOT NULL,
    duration_s smallint NOT NULL,
    lines      smallint NOT NULL,
    at         timestamptz NOT NULL DEFAULT nd_now(),
    took_s     double precision NOT NULL
);

CREATE INDEX provider_latency_key ON provider_latency (route, operation, duration_s, lines, at DESC);
CREATE INDEX provider_latency_at ON provider_latency (at);

-- What is usual, as learned from them: refreshed now and then, and rising slowly.
CREATE TABLE provider_latency_learned (
    route      text NOT NULL,
    operation  text NOT NULL,
    duration_s smallint NOT NULL,
    lines      smallint NOT NULL,
    at         timestamptz NOT NULL,
    p5_s       double precision NOT NULL,
    p50_s      double precision NOT NULL,
    p90_s      double precision NOT NULL,
    p95_s      double precision NOT NULL,
    samples    integer NOT NULL,
    PRIMARY KEY (route, operation, duration_s, lines)
);

-- Refuses to change or delete an event: what happened to a route is history.
CREATE FUNCTION provider_health_events_are_kept() RETURNS trigger
LANGUAGE plpgsql AS
$$BEGIN
    RAISE EXCEPTION 'provider_health_events is append-only: % is refused', TG_OP USING ERRCODE = 'ND003';
END$$;

CREATE TRIGGER provider_health_events_are_kept BEFORE UPDATE OR DELETE ON provider_health_events
FOR EACH ROW EXECUTE FUNCTION provider_health_events_are_kept();

-- One more outcome in its minute.
CREATE FUNCTION count_outcome(p_route text, p_class text, p_seconds double precision) RETURNS void
LANGUAGE sql AS
$$INSERT INTO provider_health_buckets AS b (route, minute, class, count, seconds)
  VALUES (p_route, date_trunc('minute', nd_now()), p_class, 1, p_seconds)
  ON CONFLICT (route, minute, class)
  DO UPDATE SET count = b.count + 1, seconds = b.seconds + EXCLUDED.seconds$$;

-- Attempts in flight at a route.
CREATE FUNCTION slots_taken(p_route text) RETURNS bigint
LANGUAGE sql STABLE AS
$$SELECT count(*) FROM provider_slots WHERE route = p_route AND until > nd_now()$$;

-- Starts of a class (first, extra) within a window and up to a minute more; at one route, or with null at all.
CREATE FUNCTION starts_counted(p_route text, p_class text, p_window interval) RETURNS bigint
LANGUAGE sql STABLE AS
$$SELECT coalesce(sum(count), 0) FROM provider_health_buckets
   WHERE class = p_class AND (p_route IS NULL OR route = p_route) AND minute > nd_now() - p_window - interval '1 minute'$$;

-- The quantiles of the last successes of one key, none if there are too few. p_most bounds the work.
CREATE FUNCTION measure_latency(p_route text, p_operation text, p_duration_s smallint, p_lines smallint,
                                p_history interval, p_most integer)
RETURNS TABLE (p5_s double precision, p50_s double precision, p90_s double precision, p95_s double precision, samples bigint)
LANGUAGE sql STABLE AS
$$SELECT q[1], q[2], q[3], q[4], n
    FROM (SELECT percentile_cont(ARRAY[0.05, 0.5, 0.9, 0.95]) WITHIN GROUP (ORDER BY took_s) AS q, count(*) AS n
            FROM (SELECT took_s FROM provider_latency
                   WHERE (route, operation, duration_s, lines) = (p_route, p_operation, p_duration_s, p_lines)
                     AND at > nd_now() - p_history
                   ORDER BY at DESC LIMIT p_most) AS latest) AS measured$$;

-- The rows of these routes, locked in the order that everybody keeps. Like everybody who locks a route, it gives up after 3 s:
-- whoever holds a route for so long stands still, and a step that waits keeps a connection that others need.
CREATE FUNCTION lock_routes(p_routes text[]) RETURNS SETOF provider_health
LANGUAGE sql VOLATILE SET lock_timeout = '3s' AS $$
    SELECT * FROM provider_health WHERE route = ANY (p_routes) ORDER BY route FOR UPDATE
$$;

-- Writes a route's health as the worker has worked it out. The caller holds the row's lock.
CREATE FUNCTION write_route_health(p_row jsonb) RETURNS void
LANGUAGE sql VOLATILE AS $$
    UPDATE provider_health h
       SET (state, reason, recent, probes, since, until, note, epoch, e, e_at, score, score_at, rate, rate_at,
            probe_window, probe_ok, probe_last, cooldown_until, cooldown_k, live_bad, live_at, slots, slots_max,
            slots_ok, panic_due, hedge_tokens)
         = (r.state, r.reason, r.recent, r.probes, r.since, r.until, r.note, r.epoch, r.e, r.e_at, r.score, r.score_at,
            r.rate, r.rate_at, r.probe_window, r.probe_ok, r.probe_last, r.cooldown_until, r.cooldown_k, r.live_bad,
            r.live_at, r.slots, r.slots_max, r.slots_ok, r.panic_due, r.hedge_tokens)
      FROM jsonb_populate_record(NULL::provider_health, p_row) r
     WHERE h.route = r.route
$$;

-- migrate:down
