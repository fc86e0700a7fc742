-- migrate:up

-- What one worker at a time does: who does it, and until when nobody else may. A row with a lease, where a lock of a
-- session would be lost between two statements behind a pooler of connections.
CREATE TABLE duties (
    name   text PRIMARY KEY,
    holder text NOT NULL,
    until  timestamptz NOT NULL,
    done_at timestamptz,
    facts  jsonb NOT NULL DEFAULT '{}'
);

-- Takes a duty for p_for, or keeps it. False: somebody else has it.
CREATE FUNCTION take_duty(p_name text, p_holder text, p_for interval) RETURNS boolean
LANGUAGE sql VOLATILE AS $$
    WITH taken AS (
        INSERT INTO duties AS d (name, holder, until) VALUES (p_name, p_holder, nd_now() + p_for)
        ON CONFLICT (name) DO UPDATE SET holder = p_holder, until = nd_now() + p_for
         WHERE d.holder = p_holder OR d.until <= nd_now()
        RETURNING 1)
    SELECT EXISTS (SELECT 1 FROM taken)
$$;

-- A count of tries that comes without an end must not overflow, and stop its row for ever.
ALTER TABLE deliveries ALTER COLUMN tries TYPE integer;
ALTER TABLE alert ALTER COLUMN tries TYPE integer;

-- crashes: how often in a row work on a message has ended in a bug of ours; more than a few make it poison.
ALTER TABLE deliveries ADD COLUMN crashes integer NOT NULL DEFAULT 0;

-- failures: how many questions in a row about a running task have failed, or ended in a bug of ours.
ALTER TABLE attempts ADD COLUMN failures integer NOT NULL DEFAULT 0;

-- An alert is claimed under a fence like everything else: who has stood still since writes nothing.
ALTER TABLE alert ADD COLUMN fence bigint NOT NULL DEFAULT 0;

-- Takes up to p_limit due alerts for p_lease.
CREATE OR REPLACE FUNCTION claim_alerts(p_limit integer, p_lease interval) RETURNS SETOF alert
LANGUAGE sql VOLATILE AS $$
    UPDATE alert a SET wake_at = nd_now() + p_lease, tries = a.tries + 1, fence = a.fence + 1
      FROM (SELECT id FROM alert WHERE state = 'due' AND wake_at <= nd_now()
             ORDER BY wake_at LIMIT p_limit FOR UPDATE SKIP LOCKED) due
     WHERE a.id = due.id
    RETURNING a.*
$$;

-- Takes the lease on up to p_limit due generations and raises their fences. A leased row is not due before its lease
-- ends, so wake_at moves with it: a worker that dies needs nobody to notice. The count of claims stops long before its
-- column is full: one row that is claimed for weeks must not stop the claims of all.
CREATE OR REPLACE FUNCTION claim_generations(p_owner text, p_limit integer, p_lease interval) RETURNS SETOF generations
LANGUAGE sql VOLATILE AS $$
    UPDATE generations g
       SET lease_owner = p_owner, lease_until = until, wake_at = until, fence = g.fence + 1,
           claims = least(g.claims + 1, 10000)
      FROM (SELECT id, nd_now() + p_lease * (0.9 + 0.2 * random()) AS until
              FROM generations
             WHERE state <> 'done' AND wake_at <= nd_now() AND (lease_until IS NULL OR lease_until <= nd_now())
             ORDER BY wake_at LIMIT p_limit FOR UPDATE SKIP LOCKED) due
     WHERE g.id = due.id
    RETURNING g.*
$$;

-- Takes the lease on one generation, if it is live and free; a hint about a row that somebody works on takes nothing.
CREATE OR REPLACE FUNCTION claim_generation(p_id uuid, p_owner text, p_lease interval) RETURNS SETOF generations
LANGUAGE sql VOLATILE AS $$
    UPDATE generations g
       SET lease_owner = p_owner, lease_until = nd_now() + p_lease, wake_at = nd_now() + p_lease,
           fence = g.fence + 1, claims = least(g.claims + 1, 10000)
      FROM (SELECT id FROM generations
             WHERE id = p_id AND state <> 'done' AND wake_at <= nd_now()
               AND (lease_until IS NULL OR lease_until <= nd_now())
               FOR UPDATE SKIP LOCKED) due
     WHERE g.id = due.id
    RETURNING g.*
$$;

-- Work on a message has ended in a bug of ours: it is tried again in p_in, or after p_most of them in a row given up, with
-- its generation woken, which pays back. With a root goes all that waits for its thread. True: it has been given up. Null:
-- the claim was lost.
CREATE FUNCTION crashed_message(
    p_id bigint, p_fence bigint, p_generation uuid, p_in interval, p_most integer
) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_over boolean;
    v_kind text;
BEGIN
    PERFORM 1 FROM generations WHERE id = p_generation FOR NO KEY UPDATE;
    UPDATE deliveries
       SET crashes = crashes + 1, lease_owner = NULL, lease_until = NULL, wake_at = nd_now() + p_in
     WHERE id = p_id AND fence = p_fence AND state = 'due' RETURNING crashes > p_most, kind INTO v_over, v_kind;
    IF v_over THEN
        UPDATE deliveries SET state = 'gone', wake_at = NULL, lease_owner = NULL, lease_until = NULL, fence = fence + 1
         WHERE generation_id = p_generation AND state = 'due' AND (id = p_id OR v_kind = 'root');
        PERFORM wake_generation(p_generation);
    END IF;
    RETURN v_over;
END
$$;

-- A message is up. p_again: it is looked at again after so long whether it needs an edit; null: it is done. p_wakes: the
-- generation that waits for it. Null: the claim was lost.
CREATE OR REPLACE FUNCTION message_posted(
    p_id bigint, p_fence bigint, p_version integer, p_message text, p_thread text, p_digest text, p_again interval,
    p_wakes uuid
) RETURNS bigint
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_id bigint;
BEGIN
    IF p_wakes IS NOT NULL THEN
        -- Generations are locked before their messages.
        PERFORM 1 FROM generations WHERE id = p_wakes FOR NO KEY UPDATE;
    END IF;
    UPDATE deliveries
       SET message_id = p_message, thread = p_thread, digest = p_digest, tries = 0, crashes = 0, lease_owner = NULL,
           lease_until = NULL, posted_at = coalesce(posted_at, nd_now()),
           state = CASE WHEN p_again IS NULL THEN 'done' ELSE 'due' END,
           wake_at = CASE WHEN p_again IS NULL THEN NULL WHEN version = p_version THEN nd_now() + p_again ELSE nd_now() END
     WHERE id = p_id AND fence = p_fence RETURNING id INTO v_id;
    IF v_id IS NOT NULL AND p_wakes IS NOT NULL THEN
        PERFORM wake_generation(p_wakes);
    END IF;
    RETURN v_id;
END
$$;

-- The vendor has accepted an attempt, says a worker that has lost the generation since it asked. The attempt runs, or is
-- late where the generation has gone on without it; either way it is on watch. False: its task was known already.
CREATE FUNCTION answered_late(p_id uuid, p_n smallint, p_task text, p_timeout interval, p_late interval) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM 1 FROM generations WHERE id = p_id FOR NO KEY UPDATE;
    UPDATE attempts a
       SET state = CASE WHEN a.state = 'abandoned' OR g.winner_attempt IS NOT NULL OR g.outcome IS NOT NULL
                        THEN 'late' ELSE 'accepted' END,
           provider_task_id = p_task, accepted_at = nd_now(), wake_at = nd_now(), ended_at = NULL, settled = false,
           deadline_at = least(nd_now() + p_timeout, g.window_ends), watch_until = nd_now() + p_timeout + p_late
      FROM generations g
     WHERE g.id = p_id AND a.generation_id = p_id AND a.n = p_n AND a.provider_task_id IS NULL
       AND a.state IN ('intended', 'ambiguous', 'abandoned');
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM wake_generation(p_id);
    RETURN true;
END
$$;

-- migrate:down
