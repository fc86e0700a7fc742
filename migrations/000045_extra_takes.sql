-- migrate:up

-- A video that came after its generation was over is offered as an extra take: a message of its own, one for each attempt.
-- Messages about the generation itself belong to attempt 0.
ALTER TABLE deliveries ADD COLUMN attempt smallint NOT NULL DEFAULT 0;

-- Where the video of an attempt is stored that is not its generation's.
ALTER TABLE attempts ADD COLUMN clip jsonb;

-- Every row there is met the narrower list, so nothing has to be looked through.
ALTER TABLE deliveries DROP CONSTRAINT deliveries_kind;
ALTER TABLE deliveries ADD CONSTRAINT deliveries_kind CHECK (kind IN ('root', 'progress', 'result', 'extra')) NOT VALID;

-- Takes the lease on up to p_limit messages that are due. Edits of the progress give way to everything else.
CREATE FUNCTION claim_messages(p_owner text, p_limit integer, p_lease interval) RETURNS SETOF deliveries
LANGUAGE sql VOLATILE AS $$
    WITH first AS (
        SELECT id FROM deliveries
         WHERE state = 'due' AND kind <> 'progress' AND wake_at <= nd_now()
           AND (lease_until IS NULL OR lease_until <= nd_now())
         ORDER BY wake_at LIMIT p_limit FOR UPDATE SKIP LOCKED
    ), rest AS (
        SELECT id FROM deliveries
         WHERE state = 'due' AND kind = 'progress' AND wake_at <= nd_now()
           AND (lease_until IS NULL OR lease_until <= nd_now())
         ORDER BY wake_at LIMIT (SELECT p_limit - count(*) FROM first) FOR UPDATE SKIP LOCKED
    )
    UPDATE deliveries d
       SET lease_owner = p_owner, lease_until = until, wake_at = until, fence = d.fence + 1, tries = d.tries + 1
      FROM (SELECT id, nd_now() + p_lease * (0.9 + 0.2 * random()) AS until
              FROM (SELECT id FROM first UNION ALL SELECT id FROM rest) both_kinds) due
     WHERE d.id = due.id
    RETURNING d.*
$$;

-- Workers of the previous release claim by this one. They do not know extra takes, and leave them alone.
CREATE OR REPLACE FUNCTION claim_deliveries(p_owner text, p_limit integer, p_lease interval) RETURNS SETOF deliveries
LANGUAGE sql VOLATILE AS $$
    UPDATE deliveries d
       SET lease_owner = p_owner, lease_until = until, wake_at = until, fence = d.fence + 1, tries = d.tries + 1
      FROM (SELECT id, nd_now() + p_lease * (0.9 + 0.2 * random()) AS until
              FROM deliveries
             WHERE state = 'due' AND kind <> 'extra' AND wake_at <= nd_now()
               AND (lease_until IS NULL OR lease_until <= nd_now())
             ORDER BY wake_at LIMIT p_limit FOR UPDATE SKIP LOCKED) due
     WHERE d.id = due.id
    RETURNING d.*
$$;

-- What vendors were paid for, as far as it is known. Waste is what no team paid for: videos that came too late, that were
-- not what had been ordered, or whose generation ended without one. An attempt that may still become its generation's is
-- not judged yet.
CREATE VIEW vendor_costs AS
    SELECT a.generation_id, a.n, a.route, a.provider, a.ended_at, a.cost_usd_micros,
           a.n IS DISTINCT FROM g.winner_attempt OR g.outcome <> 'succeeded' AS is_waste
      FROM attempts a JOIN generations g ON g.id = a.generation_id
     WHERE a.cost_usd_micros > 0 AND g.outcome IS NOT NULL;

-- migrate:down
