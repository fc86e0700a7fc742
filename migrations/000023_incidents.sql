-- migrate:up

-- What the public is told of trouble at a provider: written by itself from the events of its routes, and edited by operators.

-- A function may name what a later file makes.
SET LOCAL check_function_bodies = off;

-- routes: those that are in trouble now, and of them, held: those that are taken out. worst, worst_held: the same at the worst moment.
-- title, words: what an operator says instead of, and besides, what is said by itself.
CREATE TABLE incidents (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider   text NOT NULL,
    routes     text[] NOT NULL DEFAULT '{}',
    held       text[] NOT NULL DEFAULT '{}',
    worst      text[] NOT NULL DEFAULT '{}',
    worst_held text[] NOT NULL DEFAULT '{}',
    began_at   timestamptz NOT NULL,
    ended_at   timestamptz,
    title      text,
    words      text,
    is_hidden  boolean NOT NULL DEFAULT false,
    edited_at  timestamptz,
    edited_by  text
);

CREATE INDEX incidents_began ON incidents (began_at DESC);
CREATE UNIQUE INDEX incidents_open ON incidents (provider) WHERE ended_at IS NULL;

-- A trigger of `provider_health_events`: an incident begins with the first route of a provider that leaves health, and ends
-- when the last of them is back. What follows within ten minutes of an end is the same incident. More routes in trouble are
-- worse, and of as many, more that are held.
CREATE FUNCTION note_incident() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    v_provider text := split_part(NEW.route, '.', 1);
    v_open     incidents;
    v_routes   text[];
    v_held     text[];
    v_is_worst boolean;
BEGIN
    PERFORM pg_advisory_xact_lock(1852064068, hashtext(v_provider));
    SELECT * INTO v_open FROM incidents WHERE provider = v_provider AND ended_at IS NULL;
    IF v_open.id IS NULL AND NEW.to_state = 'healthy' THEN
        RETURN NULL;
    ELSIF v_open.id IS NULL THEN
        UPDATE incidents SET ended_at = NULL
         WHERE id = (SELECT i.id FROM incidents i WHERE i.provider = v_provider
                        AND i.ended_at > NEW.at - interval '10 minutes' ORDER BY i.ended_at DESC LIMIT 1)
        RETURNING * INTO v_open;
        IF NOT FOUND THEN
            INSERT INTO incidents (provider, began_at) VALUES (v_provider, NEW.at) RETURNING * INTO v_open;
        END IF;
    END IF;
    v_routes := array_remove(v_open.routes, NEW.route);
    v_held := array_remove(v_open.held, NEW.route);
    IF NEW.to_state <> 'healthy' THEN
        v_routes := array_append(v_routes, NEW.route);
    END IF;
    IF NEW.to_state = 'held' THEN
        v_held := array_append(v_held, NEW.route);
    END IF;
    v_is_worst := (cardinality(v_routes), cardinality(v_held)) > (cardinality(v_open.worst), cardinality(v_open.worst_held));
    UPDATE incidents
       SET routes = v_routes, held = v_held, ended_at = CASE WHEN v_routes = '{}' THEN NEW.at END,
           worst = CASE WHEN v_is_worst THEN v_routes ELSE worst END,
           worst_held = CASE WHEN v_is_worst THEN v_held ELSE worst_held END
     WHERE id = v_open.id;
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
