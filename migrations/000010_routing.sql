-- migrate:up

-- Room at the routes: submits at a rate, money a day, and the queue of each route.

-- A function may name what a later file makes.
SET LOCAL check_function_bodies = off;

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

-- Who waits for which route. A generation stands in the queue of every route that would take it if it had room; it leaves
-- all of them with its next attempt or its end. called_at: it was woken because its turn has come. place: as last counted.
CREATE TABLE route_queue (
    route         text NOT NULL,
    generation_id uuid NOT NULL REFERENCES generations (id) ON DELETE CASCADE,
    team_id       bigint NOT NULL,
    member_id     bigint NOT NULL,
    asked_at      timestamptz NOT NULL,
    joined_at     timestamptz NOT NULL DEFAULT nd_now(),
    called_at     timestamptz,
    place         integer NOT NULL,
    PRIMARY KEY (route, generation_id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

CREATE INDEX route_queue_generation ON route_queue (generation_id);

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

-- The queue of a route in the order in which it is served: each next slot goes to the team that has the fewest attempts under
-- way there, in it to the member who has the fewest, and among equals to whoever asked first. core/domain/routing/queueing.py has the
-- same order. An attempt over its deadline is under way for nobody. Who was called p_grace ago and did not come is passed
-- over until they do: a dead worker holds up nobody. p_self is in it whether it stands there or not.
CREATE FUNCTION route_queue_order(
    p_route text, p_grace interval,
    p_self uuid DEFAULT NULL, p_team bigint DEFAULT NULL, p_member bigint DEFAULT NULL, p_asked_at timestamptz DEFAULT NULL
) RETURNS TABLE (generation_id uuid, called_at timestamptz, place bigint)
LANGUAGE sql STABLE AS $$
    WITH busy AS (
        SELECT g.team_id, g.member_id, count(*) AS n
          FROM attempts a JOIN generations g ON g.id = a.generation_id
         WHERE a.route = p_route AND a.state IN ('intended', 'accepted', 'ambiguous')
         GROUP BY g.team_id, g.member_id
    ), waiting AS (
        SELECT q.generation_id AS id, q.team_id, q.member_id, q.asked_at, q.called_at FROM route_queue q
         WHERE q.route = p_route AND q.generation_id IS DISTINCT FROM p_self
           AND (q.called_at IS NULL OR q.called_at > nd_now() - p_grace)
        UNION ALL
        SELECT p_self, p_team, p_member, p_asked_at, NULL WHERE p_self IS NOT NULL
    ), in_member AS (
        SELECT w.*, coalesce(b.n, 0)
               + row_number() OVER (PARTITION BY w.team_id, w.member_id ORDER BY w.asked_at, w.id) AS member_turn
          FROM waiting w LEFT JOIN busy b ON b.team_id = w.team_id AND b.member_id = w.member_id
    ), in_team AS (
        SELECT m.*, coalesce(b.n, 0)
               + row_number() OVER (PARTITION BY m.team_id ORDER BY m.member_turn, m.asked_at, m.id) AS team_turn
          FROM in_member m LEFT JOIN (SELECT team_id, sum(n) AS n FROM busy GROUP BY team_id) b ON b.team_id = m.team_id
    )
    SELECT id, called_at, row_number() OVER (ORDER BY team_turn, member_turn, asked_at, id) FROM in_team
$$;

-- How many stand before a generation in the queues of these routes, since when it stands there itself, and what the routes
-- take now. A route that nobody else waits for costs nothing to count.
CREATE FUNCTION route_ahead(
    p_routes text[], p_grace interval, p_self uuid, p_team bigint, p_member bigint, p_asked_at timestamptz
) RETURNS TABLE (route text, ahead bigint, joined_at timestamptz, tokens double precision)
LANGUAGE sql STABLE AS $$
    SELECT r.route,
           CASE WHEN EXISTS (SELECT 1 FROM route_queue q WHERE q.route = r.route AND q.generation_id <> p_self)
                THEN (SELECT l.place - 1 FROM route_queue_order(r.route, p_grace, p_self, p_team, p_member, p_asked_at) l
                       WHERE l.generation_id = p_self)
                ELSE 0 END,
           (SELECT q.joined_at FROM route_queue q WHERE q.route = r.route AND q.generation_id = p_self),
           route_tokens(r.route)
      FROM unnest(p_routes) AS r (route)
$$;

-- How many attempts a route takes now.
CREATE FUNCTION route_room(p_route text) RETURNS integer
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN h.state = 'held' AND (h.until IS NULL OR h.until > nd_now()) OR h.cooldown_until > nd_now() THEN 0
                ELSE greatest(0, least(h.slots - slots_taken(h.route), floor(coalesce(route_tokens(h.route), 1e9)))) END
      FROM provider_health h WHERE h.route = p_route
$$;

-- Wakes those whose turn has come: as many as there is room for, and nobody else. One caller at a time; a row that somebody
-- works on at this moment is called at the next look. Says who was called, and for which route.
CREATE FUNCTION wake_next_in_queues(p_grace interval) RETURNS TABLE (route text, generation_id uuid)
LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
    r record;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM route_queue) OR NOT pg_try_advisory_xact_lock(1852064067) THEN
        RETURN;
    END IF;
    FOR r IN SELECT h.route, route_room(h.route) AS room FROM provider_health h
              WHERE EXISTS (SELECT 1 FROM route_queue q WHERE q.route = h.route) ORDER BY h.route LOOP
        CONTINUE WHEN r.room <= 0;
        RETURN QUERY
        WITH line AS (
            SELECT l.generation_id, l.called_at FROM route_queue_order(r.route, p_grace) l ORDER BY l.place LIMIT r.room
        ), free AS (
            SELECT g.id FROM generations g JOIN line l ON l.generation_id = g.id
             WHERE l.called_at IS NULL FOR NO KEY UPDATE OF g SKIP LOCKED
        ), woken AS (
            UPDATE generations g
               SET version = g.version + 1, wake_at = CASE WHEN g.lease_until > nd_now() THEN g.wake_at ELSE nd_now() END
              FROM free f WHERE g.id = f.id RETURNING g.id
        )
        UPDATE route_queue q SET called_at = nd_now() FROM woken w
         WHERE q.route = r.route AND q.generation_id = w.id RETURNING q.route, q.generation_id;
    END LOOP;
END
$$;

-- Counts the places anew, for the messages that show them. Rows that are being written are left for the next time.
CREATE FUNCTION refresh_queue_positions(p_route text, p_grace interval) RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    moved integer;
BEGIN
    WITH changed AS (
        SELECT q.generation_id, l.place FROM route_queue_order(p_route, p_grace) l
          JOIN route_queue q ON q.route = p_route AND q.generation_id = l.generation_id
         WHERE q.place <> l.place FOR NO KEY UPDATE OF q SKIP LOCKED
    )
    UPDATE route_queue q SET place = c.place FROM changed c
     WHERE q.route = p_route AND q.generation_id = c.generation_id;
    GET DIAGNOSTICS moved = ROW_COUNT;
    RETURN moved;
END
$$;

-- Whoever gets an attempt, has a video, wants to stop or is over waits no longer. Triggers, because this holds for everyone
-- who writes these rows, workers of the previous release among them.
CREATE FUNCTION leave_route_queue() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'attempts' THEN
        DELETE FROM route_queue WHERE generation_id = NEW.generation_id;
    ELSE
        DELETE FROM route_queue WHERE generation_id = NEW.id;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER attempts_leave_queue AFTER INSERT ON attempts FOR EACH ROW EXECUTE FUNCTION leave_route_queue();

CREATE TRIGGER generations_leave_queue AFTER UPDATE OF state, cancel_requested_at ON generations FOR EACH ROW
    WHEN (NEW.state NOT IN ('queued', 'rendering') AND OLD.state IN ('queued', 'rendering')
          OR NEW.cancel_requested_at IS NOT NULL AND OLD.cancel_requested_at IS NULL)
    EXECUTE FUNCTION leave_route_queue();

-- Locks a route for an admission, and says what stands in the way of one attempt of this generation: whose turn it is,
-- how many submits and slots there are, and what is left of the day's money. The caller holds the generation.
CREATE FUNCTION lock_route_for_admission(
    p_route text, p_grace interval, p_self uuid, p_team bigint, p_member bigint, p_asked_at timestamptz
) RETURNS TABLE (
    now timestamptz, taken bigint, ahead bigint, tokens double precision,
    usd_micros_per_day bigint, spent bigint, reserved bigint, health provider_health
)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM 1 FROM provider_health h WHERE h.route = p_route FOR UPDATE;
    -- A statement of its own: it sees what was committed while this one waited for the lock.
    RETURN QUERY
    SELECT nd_now(), slots_taken(h.route), a.ahead, a.tokens, l.usd_micros_per_day, s.spent, s.reserved, h
      FROM provider_health h
     CROSS JOIN LATERAL route_ahead(ARRAY[h.route], p_grace, p_self, p_team, p_member, p_asked_at) a
      LEFT JOIN route_limits l ON l.route = h.route
      LEFT JOIN LATERAL (SELECT * FROM route_spent(h.route) WHERE l.usd_micros_per_day IS NOT NULL) s ON true
     WHERE h.route = p_route;
END
$$;

-- Books an attempt that was admitted: the route's health, a slot until p_lease is over, one submit, what it may cost.
CREATE FUNCTION grant_slot(
    p_health jsonb, p_route text, p_generation uuid, p_n smallint, p_lease interval, p_counts_late boolean,
    p_class text, p_usd_micros bigint
) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM write_route_health(p_health);
    INSERT INTO provider_slots (route, generation_id, n, until, counts_late)
    VALUES (p_route, p_generation, p_n, nd_now() + p_lease, p_counts_late)
    ON CONFLICT (generation_id, n) DO UPDATE SET until = EXCLUDED.until;
    PERFORM count_outcome(p_route, p_class, 0);
    PERFORM take_route_token(p_route);
    INSERT INTO route_charges (generation_id, n, route, usd_micros)
    SELECT p_generation, p_n, p_route, p_usd_micros WHERE p_usd_micros > 0
    ON CONFLICT DO NOTHING;
END
$$;

-- How many people a route has told lately that it does not accept their request: several within minutes mean that the
-- vendor has changed what it accepts.
CREATE FUNCTION people_not_accepted(p_route text, p_within interval) RETURNS int LANGUAGE sql STABLE AS $$
    SELECT count(DISTINCT g.member_id)::int
      FROM attempts a JOIN generations g ON g.id = a.generation_id
     WHERE a.route = p_route AND a.error_class = 'invalid_request' AND a.ended_at > nd_now() - p_within
$$;

-- For a chain of providers: who waits for nothing but them, and would be served before one more of this workspace; and what
-- each of their routes takes. A team is served as often as it has fewer under way than others, so those of other teams count
-- up to this team's own number. It is a lower bound: what is running, and what may also go elsewhere, is left out.
CREATE FUNCTION waiting_ahead(p_platform text, p_installation text, p_chain text[]) RETURNS bigint
LANGUAGE sql STABLE AS $$
    WITH by_team AS (
        SELECT g.team_id, count(*) AS n FROM generations g
         WHERE g.state = 'queued' AND g.cancel_requested_at IS NULL AND g.chain <@ p_chain
         GROUP BY g.team_id
    ), own AS (
        SELECT coalesce((SELECT b.n FROM by_team b JOIN workspace w ON w.team_id = b.team_id
                          WHERE w.platform = p_platform AND w.installation = p_installation), 0) AS n
    )
    SELECT coalesce(sum(least(b.n, own.n + 1)), 0)::bigint FROM by_team b, own
$$;

-- How many attempts each of these routes takes at once, how many submits a second (null: any), and how long one takes there
-- by history (null: it has none). One that is held takes nothing and is left out.
CREATE FUNCTION routes_rate(p_routes text[])
RETURNS TABLE (route text, slots integer, per_s double precision, takes_s double precision)
LANGUAGE sql STABLE AS $$
    SELECT h.route, h.slots, l.per_s, (SELECT min(p.p50_s) FROM provider_latency_learned p WHERE p.route = h.route)
      FROM provider_health h LEFT JOIN route_limits l USING (route)
     WHERE h.route = ANY (p_routes) AND NOT (h.state = 'held' AND (h.until IS NULL OR h.until > nd_now()))
$$;

-- migrate:down
