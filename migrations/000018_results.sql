-- migrate:up

-- What becomes of a result later: reported, hidden by a manager, deleted by whoever asked for it.

-- A function may name what a later file makes.
SET LOCAL check_function_bodies = off;

-- From when on nobody may bring a result back: its messages are taken away (hidden), and with them all that was given and
-- made (deleted).
ALTER TABLE generations ADD COLUMN hidden_at timestamptz, ADD COLUMN deleted_at timestamptz;

-- Results that have to be taken away, for workers to carry out: the messages, and where files is true the clip and the
-- words as well. The ledger stays.
CREATE TABLE removals (
    generation_id uuid PRIMARY KEY REFERENCES generations (id) ON DELETE CASCADE,
    files         boolean NOT NULL,
    asked_at      timestamptz NOT NULL DEFAULT nd_now(),
    wake_at       timestamptz NOT NULL DEFAULT nd_now(),
    tries         integer NOT NULL DEFAULT 0,
    done_at       timestamptz
);

CREATE INDEX removals_due ON removals (wake_at) WHERE done_at IS NULL;

-- Who has reported a result, once each.
CREATE TABLE reports (
    generation_id uuid NOT NULL REFERENCES generations (id) ON DELETE CASCADE,
    member_id     bigint NOT NULL,
    at            timestamptz NOT NULL DEFAULT nd_now(),
    PRIMARY KEY (generation_id, member_id)
);

ALTER TABLE alert DROP CONSTRAINT alert_kind;
ALTER TABLE alert ADD CONSTRAINT alert_kind
    CHECK (kind IN ('budget', 'low_balance', 'approval', 'undelivered', 'permissions', 'reported', 'gallery'));

-- Has a result taken away: with p_files for good, else its messages only. Its link is shut at once, and nothing more is said of
-- it. False: it is not over yet, and nothing has changed.
CREATE FUNCTION take_away(p_id uuid, p_files boolean) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    UPDATE generations SET hidden_at = coalesce(hidden_at, nd_now()), version = version + 1,
           deleted_at = CASE WHEN p_files THEN coalesce(deleted_at, nd_now()) ELSE deleted_at END
     WHERE id = p_id AND state = 'done';
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO clip_link AS l (generation_id, expires_at, revoked_at) VALUES (p_id, nd_now(), nd_now())
    ON CONFLICT (generation_id) DO UPDATE SET revoked_at = coalesce(l.revoked_at, nd_now());
    -- Whoever is about to post one of them finds its claim lost, and takes back what it has posted.
    UPDATE deliveries SET state = 'gone', wake_at = NULL, lease_owner = NULL, lease_until = NULL, fence = fence + 1
     WHERE generation_id = p_id AND state = 'due';
    INSERT INTO removals AS r (generation_id, files) VALUES (p_id, p_files)
    ON CONFLICT (generation_id) DO UPDATE SET files = r.files OR p_files, wake_at = nd_now(),
       done_at = CASE WHEN p_files AND NOT r.files THEN NULL ELSE r.done_at END;
    RETURN true;
END
$$;

-- Takes up to p_limit results that have to be taken away for p_lease; nobody else takes them meanwhile.
CREATE FUNCTION claim_removals(p_limit integer, p_lease interval) RETURNS SETOF removals
LANGUAGE sql VOLATILE AS $$
    UPDATE removals r SET wake_at = nd_now() + p_lease, tries = least(r.tries + 1, 10000)
      FROM (SELECT generation_id FROM removals WHERE done_at IS NULL AND wake_at <= nd_now()
             ORDER BY wake_at LIMIT p_limit FOR UPDATE SKIP LOCKED) due
     WHERE r.generation_id = due.generation_id
    RETURNING r.*
$$;

-- A trigger of `deliveries`: a video that comes late for a result that was taken away is not offered.
CREATE FUNCTION deliveries_taken_away() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM generations WHERE id = NEW.generation_id AND hidden_at IS NOT NULL;
    RETURN CASE WHEN FOUND THEN NULL ELSE NEW END;
END
$$;

CREATE TRIGGER deliveries_taken_away BEFORE INSERT ON deliveries FOR EACH ROW
    WHEN (NEW.kind = 'extra') EXECUTE FUNCTION deliveries_taken_away();

-- Writes down that a member has reported a result, and tells the team's alert channel, once for each result. told: somebody
-- reads it there; is_first: this member had not reported it before.
CREATE FUNCTION report_result(p_generation uuid, p_member bigint, OUT told boolean, OUT is_first boolean)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    INSERT INTO reports (generation_id, member_id) VALUES (p_generation, p_member) ON CONFLICT DO NOTHING;
    is_first := FOUND;
    INSERT INTO alert (team_id, kind, cap, balance, generation_id, platform, installation, place)
    SELECT t.id, 'reported', 0, 0, g.id, t.alert_platform, t.alert_installation, t.alert_channel
      FROM generations g JOIN team t ON t.id = team_spends_as(g.team_id)
     WHERE g.id = p_generation AND t.alert_channel IS NOT NULL
    ON CONFLICT (generation_id, kind) DO NOTHING;
    SELECT EXISTS (SELECT 1 FROM alert a WHERE a.generation_id = p_generation AND a.kind = 'reported') INTO told;
END
$$;

-- migrate:down
