-- migrate:up

-- What a route may be given: submits at a rate, and money a day. The attempts that it may have in flight are in
-- provider_health. per_s null: any number of submits; usd_micros_per_day null: any amount.
-- held_epoch: of the hold that a day's spending has caused, so that nothing but that hold is lifted when the limit is raised.
CREATE TABLE route_limits (
    route              text PRIMARY KEY,
    per_s              double precision,
    burst              double precision NOT NULL DEFAULT 1,
    tokens             double precision NOT NULL DEFAULT 1,
    tokens_at          timestamptz NOT NULL DEFAULT nd_now(),
    usd_micros_per_day bigint,
    held_epoch         bigint,
    CONSTRAINT route_limits_rate CHECK (per_s > 0 AND burst >= 1),
    CONSTRAINT route_limits_money CHECK (usd_micros_per_day >= 0)
) WITH (fillfactor = 70);

-- The submits that a route takes now; null where there is no limit. A bucket that fills by itself.
CREATE FUNCTION route_tokens(p_route text) RETURNS double precision
LANGUAGE sql STABLE AS $$
    SELECT least(burst, tokens + greatest(0, extract(epoch FROM nd_now() - tokens_at)::double precision) * per_s)
      FROM route_limits WHERE route = p_route AND per_s IS NOT NULL
$$;

-- One submit less. The caller holds the route's row of provider_health, and has seen that there is one.
CREATE FUNCTION take_route_token(p_route text) RETURNS void
LANGUAGE sql VOLATILE AS $$
    UPDATE route_limits SET tokens = route_tokens(p_route) - 1, tokens_at = nd_now()
     WHERE route = p_route AND per_s IS NOT NULL
$$;

-- What each attempt may cost us at its vendor, by the list price, on the UTC day on which it was admitted. Written before the
-- request leaves, so a day's limit holds whatever happens; what it has really cost is in the attempt.
CREATE TABLE route_charges (
    generation_id uuid NOT NULL REFERENCES generations (id) ON DELETE CASCADE,
    n             smallint NOT NULL,
    route         text NOT NULL,
    day           date NOT NULL DEFAULT (nd_now() AT TIME ZONE 'UTC')::date,
    usd_micros    bigint NOT NULL,
    PRIMARY KEY (generation_id, n)
);

CREATE INDEX route_charges_day ON route_charges (route, day);

-- What a route's attempts of today have cost, and what those under way may still cost. What a vendor refused or says has
-- failed is free; what we gave up on, cancelled or lost sight of may have been billed and counts in full.
CREATE FUNCTION route_spent(p_route text, OUT spent bigint, OUT reserved bigint)
LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(CASE
               WHEN a.state = 'succeeded' THEN coalesce(a.cost_usd_micros, c.usd_micros)
               WHEN a.state = 'failed' AND coalesce(a.error_class, '') IN ('timeout', 'task_gone', 'outcome_unknown')
                 OR a.state = 'abandoned' THEN c.usd_micros
               WHEN a.state = 'failed' THEN coalesce(a.cost_usd_micros, 0) END), 0)::bigint,
           coalesce(sum(c.usd_micros) FILTER (
               WHERE a.state IS NULL OR a.state IN ('intended', 'accepted', 'ambiguous', 'late')), 0)::bigint
      FROM route_charges c LEFT JOIN attempts a ON a.generation_id = c.generation_id AND a.n = c.n
     WHERE c.route = p_route AND c.day = (nd_now() AT TIME ZONE 'UTC')::date
$$;

-- Whether the vendor counts an attempt against its limit for as long as it works on it, even when we wait for it no more.
-- Where the limit is our own, an attempt over its deadline is in nobody's way.
ALTER TABLE provider_slots ADD COLUMN counts_late boolean NOT NULL DEFAULT true;

-- A slot is held for as long as its attempt: to its deadline, or to the end of its watch where the vendor counts it. It is
-- given back with the attempt's end, and lapses by itself where no end is ever recorded. A trigger, because it holds for
-- everyone who writes an attempt. An attempt that we gave up on without a verdict keeps what is left of its slot.
CREATE FUNCTION attempts_hold_slot() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state IN ('rejected', 'succeeded', 'failed') OR (NEW.state = 'abandoned' AND NEW.settled) THEN
        DELETE FROM provider_slots WHERE generation_id = NEW.generation_id AND n = NEW.n;
    ELSIF NEW.state IN ('accepted', 'late') THEN
        UPDATE provider_slots
           SET until = CASE WHEN counts_late THEN coalesce(NEW.watch_until, until) ELSE coalesce(NEW.deadline_at, until) END
         WHERE generation_id = NEW.generation_id AND n = NEW.n;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER attempts_hold_slot AFTER UPDATE OF state ON attempts FOR EACH ROW
    WHEN (NEW.state IS DISTINCT FROM OLD.state)
    EXECUTE FUNCTION attempts_hold_slot();

-- migrate:down
