-- migrate:up

-- A database that came back from a backup: what it does not know any more is looked for before it is said again.

-- A function may name what a later file makes.
SET LOCAL check_function_bodies = off;

-- Which database this is, as the first worker found it: another answer later means that it was restored, or that a standby
-- has taken over. One row.
CREATE TABLE database_identity (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    identity text NOT NULL
);

-- When it was noticed that this database had been restored. known_until: the newest that it knows from before.
CREATE TABLE restores (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL DEFAULT nd_now(),
    known_until timestamptz,
    messages    integer NOT NULL
);

-- What changes when a dump is read in, when a base backup is brought to a time, and when a standby takes over: the cluster,
-- its timeline, the table's own number. Empty where the server does not tell.
CREATE FUNCTION this_database() RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN concat_ws(':', (SELECT c.system_identifier FROM pg_control_system() c),
                          (SELECT c.timeline_id FROM pg_control_checkpoint() c), 'generations'::regclass::oid);
EXCEPTION WHEN insufficient_privilege OR feature_not_supported OR undefined_function THEN
    RETURN 'generations'::regclass::oid::text;
END
$$;

-- Notes that this database was restored, if its identity says so or p_asked does. From then on each message that is due, or
-- that comes for a generation of before, is looked for before it is posted: it may be up, and only the note of it be lost.
-- Says nothing (no row) where nothing was restored.
CREATE FUNCTION note_restore(p_asked boolean) RETURNS SETOF restores
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_before text;
    v_messages integer;
    v_known timestamptz;
BEGIN
    INSERT INTO database_identity (identity) VALUES (this_database()) ON CONFLICT DO NOTHING;
    SELECT identity INTO v_before FROM database_identity FOR UPDATE;
    IF v_before = this_database() AND NOT p_asked THEN
        RETURN;
    END IF;
    UPDATE database_identity SET identity = this_database();
    SELECT max(seen) INTO v_known FROM (
        SELECT max(g.created_at) AS seen FROM generations g
        UNION ALL SELECT max(w.seen_at) FROM workers w
        UNION ALL SELECT s.at FROM (SELECT l.at FROM step_log l ORDER BY l.id DESC LIMIT 1) s) known;
    UPDATE deliveries SET memory = memory || '{"look": true}' WHERE state = 'due';
    GET DIAGNOSTICS v_messages = ROW_COUNT;
    RETURN QUERY INSERT INTO restores (known_until, messages) VALUES (v_known, v_messages) RETURNING *;
END
$$;

-- A message that is made later, of a generation that the database knows from before it was restored, may be up already.
CREATE FUNCTION deliveries_look() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM restores r JOIN generations g ON g.id = NEW.generation_id WHERE g.created_at < r.at) THEN
        NEW.memory := NEW.memory || '{"look": true}';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER deliveries_look BEFORE INSERT ON deliveries FOR EACH ROW EXECUTE FUNCTION deliveries_look();

-- migrate:down
