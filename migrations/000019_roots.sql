-- migrate:up

-- The root message says what became of its generation: an edit of it is a message of a kind of its own.

-- A function may name what a later file makes.
SET LOCAL check_function_bodies = off;

ALTER TABLE deliveries DROP CONSTRAINT deliveries_kind;
ALTER TABLE deliveries ADD CONSTRAINT deliveries_kind
    CHECK (kind IN ('root', 'progress', 'result', 'extra', 'root_edit')) NOT VALID;
ALTER TABLE deliveries VALIDATE CONSTRAINT deliveries_kind;

-- What the cards about a generation need to know of the person who asked: the name where the platform does not show it by
-- itself, and the language; null in rows of before. Each is as the platform says it.
ALTER TABLE generations ADD COLUMN asked_by text;
ALTER TABLE generations ADD COLUMN locale text;
ALTER TABLE generations ADD COLUMN place_locale text;

-- The root message of a generation shall show how things stand, in p_in at the earliest; asking twice is asking once.
CREATE FUNCTION want_root_edit(p_generation uuid, p_in interval) RETURNS void
LANGUAGE sql VOLATILE AS $$
    INSERT INTO deliveries AS d (generation_id, kind, key, wake_at)
    VALUES (p_generation, 'root_edit', gen_random_uuid(), nd_now() + p_in)
    ON CONFLICT (generation_id, kind, attempt) DO UPDATE
       SET state = 'due', version = d.version + 1,
           wake_at = CASE WHEN d.lease_until > nd_now() THEN d.wake_at
                          ELSE least(excluded.wake_at, CASE WHEN d.state = 'due' THEN d.wake_at END) END
$$;

-- A trigger of `deliveries`: the last word is there, or nobody takes it. The root says which.
CREATE FUNCTION root_hears_of_the_end() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM want_root_edit(NEW.generation_id, interval '0');
    RETURN NULL;
END
$$;

CREATE TRIGGER deliveries_root_edit AFTER UPDATE OF state ON deliveries
    FOR EACH ROW WHEN (NEW.kind = 'result' AND OLD.state = 'due' AND NEW.state IN ('done', 'gone'))
    EXECUTE FUNCTION root_hears_of_the_end();

-- A trigger of `generations`: an admin has let it go, or it waits for its turn, or waits no more. Short waits change nothing.
CREATE FUNCTION root_hears_of_the_way() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM want_root_edit(NEW.id, CASE WHEN OLD.state = 'asking' THEN interval '0' ELSE interval '5 seconds' END);
    RETURN NULL;
END
$$;

CREATE TRIGGER generations_root_edit AFTER UPDATE OF state, reason ON generations
    FOR EACH ROW WHEN (OLD.state = 'asking' AND NEW.state = 'queued'
                       OR NEW.state = 'queued' AND NEW.reason ? 'waiting' AND NOT OLD.reason ? 'waiting'
                       OR OLD.state = 'queued' AND NEW.state = 'rendering' AND OLD.reason ? 'waiting')
    EXECUTE FUNCTION root_hears_of_the_way();

-- migrate:down
