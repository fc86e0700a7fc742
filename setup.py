"""Only what pyproject.toml cannot say: the folder `migrations/` goes into the wheel as `core/migrations`."""

from setuptools import find_namespace_packages, setup

OURS = ["neverdark*", "bots*", "core*", "worker*", "web*", "sandbox*"]

setup(
    packages=[*find_namespace_packages(include=OURS), "core.migrations"],
    package_dir={"core.migrations": "migrations"},
)
