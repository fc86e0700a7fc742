-- migrate:up

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

-- migrate:down
