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
-- team_turn, member_turn: what orders the queue (route_queue_order), as last counted, or as it was found on joining.
CREATE TABLE route_queue (
    route         text NOT NULL,
    generation_id uuid NOT NULL REFERENCES generations (id) ON DELETE CASCADE,
    team_id       bigint NOT NULL,
    member_id     bigint NOT NULL,
    asked_at      timestamptz NOT NULL,
    joined_at     timestamptz NOT NULL DEFAULT nd_now(),
    called_at     timestamptz,
    place         integer NOT NULL,
    team_turn     integer NOT NULL,
    member_turn   integer NOT NULL,
    PRIMARY KEY (route, generation_id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

CREATE INDEX route_queue_generation ON route_queue (generation_id);
CREATE INDEX route_queue_in_order ON route_queue (route, team_turn, member_turn, asked_at, generation_id);
CREATE INDEX route_queue_of_team ON route_queue (route, team_id, member_turn, asked_at, generation_id);
CREATE INDEX route_queue_of_member ON route_queue (route, team_id, member_id, asked_at, generation_id);

-- When each queue was counted last, and how many stood in it. Its times are the clock's own: what a count costs is real.
CREATE TABLE route_queue_counts (
    route      text PRIMARY KEY,
    counted_at timestamptz NOT NULL,
    waiting    integer NOT NULL
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
-- over until they do: a dead worker holds up nobody. It reads the whole queue: nobody calls it but whoever counts.
CREATE FUNCTION route_queue_order(p_route text, p_grace interval)
RETURNS TABLE (generation_id uuid, team_turn integer, member_turn integer, place integer)
LANGUAGE sql STABLE AS $$
    WITH busy AS (
        SELECT g.team_id, g.member_id, count(*) AS n
          FROM attempts a JOIN generations g ON g.id = a.generation_id
         WHERE a.route = p_route AND a.state IN ('intended', 'accepted', 'ambiguous')
         GROUP BY g.team_id, g.member_id
    ), in_member AS (
        SELECT q.generation_id AS id, q.team_id, q.asked_at, coalesce(b.n, 0)
               + row_number() OVER (PARTITION BY q.team_id, q.member_id ORDER BY q.asked_at, q.generation_id) AS member_turn
          FROM route_queue q LEFT JOIN busy b ON b.team_id = q.team_id AND b.member_id = q.member_id
         WHERE q.route = p_route AND (q.called_at IS NULL OR q.called_at > nd_now() - p_grace)
    ), in_team AS (
        SELECT m.*, coalesce(b.n, 0)
               + row_number() OVER (PARTITION BY m.team_id ORDER BY m.member_turn, m.asked_at, m.id) AS team_turn
          FROM in_member m LEFT JOIN (SELECT team_id, sum(n) AS n FROM busy GROUP BY team_id) b ON b.team_id = m.team_id
    )
    SELECT id, team_turn::integer, member_turn::integer,
           row_number() OVER (ORDER BY team_turn, member_turn, asked_at, id)::integer FROM in_team
$$;

-- The turns of a generation in the queue of a route: those it has there, or those it would have if it joined now.
CREATE FUNCTION route_turn(
    p_route text, p_self uuid, p_team bigint, p_member bigint, p_asked_at timestamptz,
    OUT team_turn integer, OUT member_turn integer
)
LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
DECLARE
    of_team bigint;
    of_member bigint;
    last_turn integer;
BEGIN
    SELECT q.team_turn, q.member_turn INTO team_turn, member_turn
      FROM route_queue q WHERE q.route = p_route AND q.generation_id = p_self;
    IF FOUND THEN
        RETURN;
    END IF;
    SELECT count(*), count(*) FILTER (WHERE g.member_id = p_member) INTO of_team, of_member
      FROM attempts a JOIN generations g ON g.id = a.generation_id
     WHERE a.route = p_route AND a.state IN ('intended', 'accepted', 'ambiguous') AND g.team_id = p_team;
    -- Behind the same person's earlier ones, or behind what is under way.
    SELECT q.member_turn INTO last_turn FROM route_queue q
     WHERE q.route = p_route AND q.team_id = p_team AND q.member_id = p_member
       AND (q.asked_at, q.generation_id) < (p_asked_at, p_self)
     ORDER BY q.asked_at DESC, q.generation_id DESC LIMIT 1;
    member_turn := coalesce(last_turn, of_member) + 1;
    -- Behind the last of the same team that is served before it.
    SELECT q.team_turn INTO last_turn FROM route_queue q
     WHERE q.route = p_route AND q.team_id = p_team
       AND (q.member_turn, q.asked_at, q.generation_id) < (route_turn.member_turn, p_asked_at, p_self)
     ORDER BY q.member_turn DESC, q.asked_at DESC, q.generation_id DESC LIMIT 1;
    team_turn := coalesce(last_turn, of_team) + 1;
END
$$;

-- How many stand before a generation in the queues of these routes, since when it stands there itself, and what the routes
-- take now. Exact up to a hundred, which is what an admission goes by; beyond it the place as last counted.
CREATE FUNCTION route_ahead(
    p_routes text[], p_grace interval, p_self uuid, p_team bigint, p_member bigint, p_asked_at timestamptz
) RETURNS TABLE (route text, ahead bigint, joined_at timestamptz, tokens double precision)
LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
DECLARE
    exact CONSTANT integer := 100;
    own record;
    counted integer;
BEGIN
    FOREACH route IN ARRAY p_routes LOOP
        ahead := 0;
        joined_at := NULL;
        tokens := route_tokens(route);
        IF EXISTS (SELECT 1 FROM route_queue q WHERE q.route = route_ahead.route AND q.generation_id <> p_self) THEN
            SELECT * INTO own FROM route_turn(route, p_self, p_team, p_member, p_asked_at);
            SELECT count(*) INTO ahead FROM (
                SELECT 1 FROM route_queue q
                 WHERE q.route = route_ahead.route AND q.generation_id <> p_self
                   AND (q.team_turn, q.member_turn, q.asked_at, q.generation_id)
                       < (own.team_turn, own.member_turn, p_asked_at, p_self)
                   AND (q.called_at IS NULL OR q.called_at > nd_now() - p_grace)
                 LIMIT exact) AS before_it;
            IF ahead >= exact THEN
                SELECT q.place INTO counted FROM route_queue q
                 WHERE q.route = route_ahead.route AND (q.team_turn, q.member_turn, q.asked_at, q.generation_id)
                       < (own.team_turn, own.member_turn, p_asked_at, p_self)
                 ORDER BY q.team_turn DESC, q.member_turn DESC, q.asked_at DESC, q.generation_id DESC LIMIT 1;
                ahead := greatest(ahead, counted);
            END IF;
        END IF;
        SELECT q.joined_at INTO joined_at FROM route_queue q WHERE q.route = route_ahead.route AND q.generation_id = p_self;
        RETURN NEXT;
    END LOOP;
END
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
LANGUAGE plpgsql VOLATILE SET enable_seqscan = off AS $$
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
        PERFORM refresh_queue_positions(r.route, p_grace);
        RETURN QUERY
        WITH line AS (
            SELECT q.generation_id, q.called_at FROM route_queue q
             WHERE q.route = r.route AND (q.called_at IS NULL OR q.called_at > nd_now() - p_grace)
             ORDER BY q.team_turn, q.member_turn, q.asked_at, q.generation_id LIMIT r.room
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

-- Wakes those whose turn has come, and takes the lease on what is due, they among it: two looks in one round trip.
CREATE FUNCTION claim_generations_in_turn(p_owner text, p_limit integer, p_lease interval, p_grace interval)
RETURNS SETOF generations
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM wake_next_in_queues(p_grace);
    RETURN QUERY SELECT * FROM claim_generations(p_owner, p_limit, p_lease);
END
$$;

-- Counts the turns and places of a queue anew. A queue of n is counted at most every 2 n milliseconds, so a long one costs no
-- more than a short one; in between turns are as they were, and whoever leaves is missed at once. Rows that are being written
-- are left for the next time. Says how many have moved.
CREATE FUNCTION refresh_queue_positions(p_route text, p_grace interval) RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    moved integer;
    counted integer;
BEGIN
    IF EXISTS (SELECT 1 FROM route_queue_counts c WHERE c.route = p_route AND c.waiting > 50
                  AND c.counted_at > clock_timestamp() - c.waiting * interval '2 milliseconds') THEN
        RETURN 0;
    END IF;
    WITH line AS MATERIALIZED (
        SELECT * FROM route_queue_order(p_route, p_grace)
    ), changed AS (
        SELECT l.* FROM line l JOIN route_queue q ON q.route = p_route AND q.generation_id = l.generation_id
         WHERE (q.place, q.team_turn, q.member_turn) <> (l.place, l.team_turn, l.member_turn) FOR NO KEY UPDATE OF q SKIP LOCKED
    ), written AS (
        UPDATE route_queue q SET place = c.place, team_turn = c.team_turn, member_turn = c.member_turn
          FROM changed c WHERE q.route = p_route AND q.generation_id = c.generation_id RETURNING 1
    )
    SELECT (SELECT count(*) FROM written), (SELECT count(*) FROM line) INTO moved, counted;
    INSERT INTO route_queue_counts AS c (route, counted_at, waiting) VALUES (p_route, clock_timestamp(), counted)
    ON CONFLICT (route) DO UPDATE SET counted_at = EXCLUDED.counted_at, waiting = EXCLUDED.waiting;
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
LANGUAGE plpgsql VOLATILE SET lock_timeout = '3s' AS $$
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
-- up to this team's own number. It is a lower bound: what is running, what may also go elsewhere, and what waits behind the
-- first two thousand is left out.
CREATE FUNCTION waiting_ahead(p_platform text, p_installation text, p_chain text[]) RETURNS bigint
LANGUAGE sql STABLE AS $$
    WITH by_team AS (
        SELECT one.team_id, count(*) AS n FROM (
            SELECT g.team_id FROM generations g
             WHERE g.state = 'queued' AND g.cancel_requested_at IS NULL AND g.chain <@ p_chain LIMIT 2000) AS one
         GROUP BY one.team_id
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
