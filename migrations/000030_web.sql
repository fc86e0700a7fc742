-- migrate:up

-- A vendor has called back about this attempt while nobody could heed it: its poll was under way, or it has no task yet.
ALTER TABLE attempts ADD COLUMN hinted boolean NOT NULL DEFAULT false;

-- Whoever lets go of a hinted attempt leaves it due at once: the poll in hand may have been answered before the vendor's
-- end. A trigger, because it holds for everyone who writes an attempt, workers of the previous release among them.
CREATE FUNCTION attempts_heed_hint() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.hinted := false;
    NEW.wake_at := nd_now();
    RETURN NEW;
END
$$;

CREATE TRIGGER attempts_heed_hint BEFORE UPDATE ON attempts FOR EACH ROW
    WHEN (OLD.hinted AND NEW.hinted AND NEW.lease_owner IS NULL AND NEW.state IN ('accepted', 'late'))
    EXECUTE FUNCTION attempts_heed_hint();

-- Takes a callback as a hint: the attempt is due now, or as soon as it can be. It changes nothing else, and nothing at all
-- about an attempt that has ended. status: due (the version is the generation's), kept, ended, unknown.
CREATE FUNCTION hint_attempt(p_generation uuid, p_n integer, p_route text, OUT status text, OUT version integer)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    a attempts;
BEGIN
    SELECT * INTO a FROM attempts WHERE generation_id = p_generation AND n = p_n AND route = p_route FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        status := 'unknown';
    ELSIF a.state NOT IN ('intended', 'ambiguous', 'accepted', 'late') THEN
        status := 'ended';
    ELSIF a.state IN ('intended', 'ambiguous') OR a.lease_until > nd_now() THEN
        status := 'kept';
        UPDATE attempts SET hinted = true WHERE generation_id = p_generation AND n = p_n AND NOT hinted;
    ELSE
        status := 'due';
        UPDATE attempts SET hinted = false, wake_at = nd_now()
         WHERE generation_id = p_generation AND n = p_n AND (wake_at IS NULL OR wake_at > nd_now());
        SELECT g.version INTO version FROM generations g WHERE g.id = p_generation;
    END IF;
END
$$;

-- The address under which a clip can be watched: one for each generation, for ever. One that was revoked stays so.
CREATE TABLE clip_link (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    generation_id uuid NOT NULL UNIQUE REFERENCES generations (id) ON DELETE CASCADE,
    created_at    timestamptz NOT NULL DEFAULT nd_now(),
    expires_at    timestamptz NOT NULL,
    revoked_at    timestamptz
);

-- What ended lately, for the figures that operators watch.
CREATE INDEX generations_ended ON generations (done_at) WHERE state = 'done';

-- The newest migration that is applied. The product's role cannot read dbmate's own table.
CREATE FUNCTION schema_version() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT max(version) FROM schema_migrations
$$;

REVOKE EXECUTE ON FUNCTION schema_version FROM PUBLIC;

DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'neverdark_app') THEN
        GRANT EXECUTE ON FUNCTION schema_version TO neverdark_app;
    END IF;
END
$$;

-- migrate:down
