-- migrate:up

-- The clock that every statement reads.

-- A function may name what a later file makes.
SET LOCAL check_function_bodies = off;

-- The time that every statement of ours reads: the statement's clock, or in tests the setting neverdark.now.
-- STABLE and a single expression, so that it is inlined and may be used in an index condition.
CREATE FUNCTION nd_now() RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS
$$SELECT coalesce(nullif(current_setting('neverdark.now', true), '')::timestamptz, statement_timestamp())$$;

-- migrate:down
