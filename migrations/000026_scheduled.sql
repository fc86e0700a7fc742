-- migrate:up

-- Videos that are asked for now and made later. Nothing is taken before they begin.

-- A function may name what a later file makes.
SET LOCAL check_function_bodies = off;

-- command is what core/db/generations/scheduled.py writes: the request, and what the platform said of whoever asks; emptied when
-- it is over. due_at: when it is to begin; for one that waits until it is cheap, when it is given up. zone: of the person.
CREATE TABLE scheduled (
    id           uuid PRIMARY KEY,
    platform     text NOT NULL,
    installation text NOT NULL,
    user_id      text NOT NULL,
    command      jsonb NOT NULL,
    zone         text NOT NULL,
    due_at       timestamptz NOT NULL,
    when_cheap   boolean NOT NULL DEFAULT false,
    state        text NOT NULL DEFAULT 'waiting' CONSTRAINT scheduled_state CHECK (state IN ('waiting', 'begun', 'refused', 'cancelled')),
    warned_at    timestamptz,
    lease_until  timestamptz,
    created_at   timestamptz NOT NULL DEFAULT nd_now()
);

CREATE INDEX scheduled_due ON scheduled (due_at) WHERE state = 'waiting';
CREATE INDEX scheduled_own ON scheduled (platform, installation, user_id, due_at) WHERE state = 'waiting';

-- Writes one down, once for each id. False: the person has p_most that wait already.
CREATE FUNCTION schedule_video(p_id uuid, p_platform text, p_installation text, p_user text, p_command jsonb, p_zone text,
    p_due timestamptz, p_cheap boolean, p_most integer) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(
        'scheduled:' || p_platform || chr(31) || p_installation || chr(31) || p_user, 0));
    IF EXISTS (SELECT 1 FROM scheduled s WHERE s.id = p_id) THEN
        RETURN true;
    ELSIF (SELECT count(*) FROM scheduled s WHERE s.platform = p_platform AND s.installation = p_installation
                                              AND s.user_id = p_user AND s.state = 'waiting') >= p_most THEN
        RETURN false;
    END IF;
    INSERT INTO scheduled (id, platform, installation, user_id, command, zone, due_at, when_cheap)
    VALUES (p_id, p_platform, p_installation, p_user, p_command, p_zone, p_due, p_cheap);
    RETURN true;
END
$$;

-- Takes up to p_limit that are due, or that wait until it is cheap, for p_lease.
CREATE FUNCTION claim_scheduled(p_limit integer, p_lease interval) RETURNS SETOF scheduled
LANGUAGE sql VOLATILE AS $$
    UPDATE scheduled SET lease_until = nd_now() + p_lease
     WHERE id IN (SELECT s.id FROM scheduled s
                   WHERE s.state = 'waiting' AND (s.due_at <= nd_now() OR s.when_cheap)
                     AND (s.lease_until IS NULL OR s.lease_until <= nd_now())
                   ORDER BY s.due_at LIMIT p_limit FOR UPDATE SKIP LOCKED)
    RETURNING *
$$;

-- Ends one that waits; what was asked for is forgotten here. False: it waits no more.
CREATE FUNCTION end_scheduled(p_id uuid, p_state text) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    UPDATE scheduled SET state = p_state, command = '{}', lease_until = NULL WHERE id = p_id AND state = 'waiting';
    RETURN FOUND;
END
$$;

-- Its person puts one off until another time, or cancels it. The row as it is then; none: it is not theirs, or waits no more.
CREATE FUNCTION change_scheduled(p_id uuid, p_platform text, p_installation text, p_user text, p_due timestamptz, p_cancel boolean)
    RETURNS SETOF scheduled
LANGUAGE sql VOLATILE AS $$
    UPDATE scheduled SET state = CASE WHEN p_cancel THEN 'cancelled' ELSE state END,
                         command = CASE WHEN p_cancel THEN '{}' ELSE command END,
                         due_at = coalesce(p_due, due_at), when_cheap = when_cheap AND p_due IS NULL, warned_at = NULL
     WHERE id = p_id AND platform = p_platform AND installation = p_installation AND user_id = p_user AND state = 'waiting'
       AND (lease_until IS NULL OR lease_until <= nd_now())
    RETURNING *
$$;

-- Takes those that begin within p_ahead and whose people were not warned, so that they are warned once.
CREATE FUNCTION scheduled_to_warn(p_ahead interval, p_limit integer) RETURNS SETOF scheduled
LANGUAGE sql VOLATILE AS $$
    UPDATE scheduled SET warned_at = nd_now()
     WHERE id IN (SELECT s.id FROM scheduled s
                   WHERE s.state = 'waiting' AND NOT s.when_cheap AND s.warned_at IS NULL AND s.due_at <= nd_now() + p_ahead
                   ORDER BY s.due_at LIMIT p_limit FOR UPDATE SKIP LOCKED)
    RETURNING *
$$;

-- The product's role may use what is new here.
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'neverdark_app') THEN
        PERFORM allow_product_role('neverdark_app');
    END IF;
END
$$;

-- migrate:down
