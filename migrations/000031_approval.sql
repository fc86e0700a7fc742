-- migrate:up

-- A generation that an admin has to let go: it exists and waits, nothing is consumed (consumed is 0). start_by is when its
-- waiting ends, and so is wake_at: nobody claims it before, unless somebody cancels or declines.
-- Every row there is met the narrower list, so nothing has to be looked through.
ALTER TABLE generations DROP CONSTRAINT generations_state;
ALTER TABLE generations ADD CONSTRAINT generations_state
    CHECK (state IN ('asking', 'queued', 'rendering', 'storing', 'delivering', 'done')) NOT VALID;

-- The channel in whose budgets it will count; only one that waits for an admin needs to remember it.
ALTER TABLE generations ADD COLUMN channel text;

-- Lets a waiting generation go: its credits are consumed in this transaction, and it is due now. The fence moves, so that a
-- worker who has just claimed it to end it writes nothing. Returns its new version.
CREATE FUNCTION approve_generation(p_id uuid, p_team bigint, p_consumed bigint, p_start_by interval) RETURNS integer
LANGUAGE sql VOLATILE AS $$
    UPDATE generations
       SET state = 'queued', team_id = p_team, consumed = p_consumed, start_by = nd_now() + p_start_by, wake_at = nd_now(),
           lease_owner = NULL, lease_until = NULL, fence = fence + 1, claims = 0, version = version + 1,
           reason = '{}', updated_at = nd_now()
     WHERE id = p_id AND state = 'asking'
    RETURNING version
$$;

-- migrate:down
