-- migrate:up

-- What the public is told of trouble at a provider: written by itself from the events of its routes, and edited by operators.

-- A function may name what a later file makes.
SET LOCAL check_function_bodies = off;

-- routes: those that are in trouble now. title, words: what an operator says instead of, and besides, what is said by itself.
CREATE TABLE incidents (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider  text NOT NULL,
    routes    text[] NOT NULL DEFAULT '{}',
    is_out    boolean NOT NULL DEFAULT false,
    began_at  timestamptz NOT NULL,
    ended_at  timestamptz,
    title     text,
    words     text,
    is_hidden boolean NOT NULL DEFAULT false,
    edited_at timestamptz,
    edited_by text
);

CREATE INDEX incidents_began ON incidents (began_at DESC);
CREATE UNIQUE INDEX incidents_open ON incidents (provider) WHERE ended_at IS NULL;

-- A trigger of `provider_health_events`: an incident begins with the first route of a provider that leaves health, and ends
-- when the last of them is back. What follows within ten minutes of an end is the same incident.
CREATE FUNCTION note_incident() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    v_provider text := split_part(NEW.route, '.', 1);
    v_open incidents;
BEGIN
    PERFORM pg_advisory_xact_lock(1852064068, hashtext(v_provider));
    SELECT * INTO v_open FROM incidents WHERE provider = v_provider AND ended_at IS NULL;
    IF NEW.to_state = 'healthy' THEN
        UPDATE incidents SET routes = array_remove(routes, NEW.route),
                             ended_at = CASE WHEN array_remove(routes, NEW.route) = '{}' THEN NEW.at END
         WHERE id = v_open.id;
    ELSIF NEW.to_state IN ('demoted', 'held') AND v_open.id IS NOT NULL THEN
        UPDATE incidents SET routes = array_append(array_remove(routes, NEW.route), NEW.route),
                             is_out = is_out OR NEW.to_state = 'held' WHERE id = v_open.id;
    ELSIF NEW.to_state IN ('demoted', 'held') THEN
        UPDATE incidents SET routes = ARRAY[NEW.route], ended_at = NULL, is_out = is_out OR NEW.to_state = 'held'
         WHERE id = (SELECT i.id FROM incidents i WHERE i.provider = v_provider
                        AND i.ended_at > NEW.at - interval '10 minutes' ORDER BY i.ended_at DESC LIMIT 1);
        IF NOT FOUND THEN
            INSERT INTO incidents (provider, routes, is_out, began_at)
            VALUES (v_provider, ARRAY[NEW.route], NEW.to_state = 'held', NEW.at);
        END IF;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER provider_health_events_incident AFTER INSERT ON provider_health_events FOR EACH ROW
    EXECUTE FUNCTION note_incident();

-- How each route did on each day, UTC: videos that came, what failed for the provider's own reasons, and seconds of work.
CREATE FUNCTION route_days(p_routes text[], p_days integer, p_bad text[])
RETURNS TABLE (route text, day date, ok bigint, bad bigint, seconds double precision)
LANGUAGE sql STABLE AS $$
    SELECT b.route, (b.minute AT TIME ZONE 'UTC')::date,
           coalesce(sum(b.count) FILTER (WHERE b.class = 'ok'), 0), coalesce(sum(b.count) FILTER (WHERE b.class = ANY (p_bad)), 0),
           coalesce(sum(b.seconds) FILTER (WHERE b.class = 'ok'), 0)
      FROM provider_health_buckets b
     WHERE b.route = ANY (p_routes) AND b.minute >= ((nd_now() AT TIME ZONE 'UTC')::date - p_days + 1) AT TIME ZONE 'UTC'
     GROUP BY 1, 2
$$;

-- migrate:down
