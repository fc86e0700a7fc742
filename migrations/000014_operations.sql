-- migrate:up

-- What operators look at, and what they may do to a generation.

-- A function may name what a later file makes.
SET LOCAL check_function_bodies = off;

-- What one worker at a time does: who does it, and until when nobody else may. A row with a lease, where a lock of a
-- session would be lost between two statements behind a pooler of connections.
CREATE TABLE duties (
    name   text PRIMARY KEY,
    holder text NOT NULL,
    until  timestamptz NOT NULL,
    done_at timestamptz,
    facts  jsonb NOT NULL DEFAULT '{}'
);

-- What an operator looks at, and the two things that they may do to a generation besides cancelling it. Nothing here moves
-- credits.

-- A team with its workspaces and what it can spend; one that was joined to another shows that one's credits.
CREATE VIEW team_overview AS
SELECT t.id, t.name, t.created_at, t.joined_to, coalesce(b.balance, 0) AS balance, coalesce(b.held, 0) AS held,
       coalesce(b.frozen, false) AS frozen,
       ARRAY(SELECT s.platform || ':' || s.installation FROM workspace s WHERE s.team_id = t.id ORDER BY 1) AS workspaces,
       (SELECT max(g.created_at) FROM generations g WHERE g.team_id = t.id) AS asked_at
  FROM team t LEFT JOIN LATERAL credit_balance(t.id) b ON true;

-- Why a generation does not move although it should; NULL for one that is done or on its way.
--   poison       claimed over and over without an outcome; the engine ends it after a few more
--   asleep       waits for an event, and nothing is left that could bring one
--   undelivered  its last word is due, and nobody has taken it up for p_overdue; or one of its messages was refused so
--                often, or for so long, that the platform seems not to take it
--   overdue      due for p_overdue, and nobody has claimed it
--   endless      a day over every time limit that it had
-- One that has consumed nothing waits for a person, who may take their time.
CREATE FUNCTION generation_stall(g generations, p_overdue interval) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_last_word timestamptz;
    v_stuck boolean;
BEGIN
    IF g.state = 'done' THEN
        RETURN NULL;
    ELSIF g.claims >= 6 THEN
        RETURN 'poison';
    ELSIF g.wake_at < nd_now() - p_overdue THEN
        RETURN 'overdue';
    END IF;
    SELECT min(d.wake_at) FILTER (WHERE d.kind = 'result'),
           bool_or(d.tries >= 5 AND d.kind <> 'extra'
                   OR d.kind = 'result' AND d.created_at < nd_now() - interval '15 minutes'
                   OR d.kind = 'root' AND d.created_at < nd_now() - interval '15 minutes')
      INTO v_last_word, v_stuck
      FROM deliveries d WHERE d.generation_id = g.id AND d.state = 'due';
    IF v_stuck OR g.state = 'delivering' AND v_last_word < nd_now() - p_overdue THEN
        RETURN 'undelivered';
    ELSIF g.consumed = 0 THEN
        RETURN NULL;
    ELSIF g.wake_at IS NULL AND (v_last_word IS NULL OR g.state <> 'delivering') THEN
        RETURN 'asleep';
    ELSIF coalesce(g.window_ends, g.start_by) < nd_now() - interval '25 hours' THEN
        RETURN 'endless';
    END IF;
    RETURN NULL;
END
$$;

-- Every generation that does not move. Reads live rows only, however many are done, and looks closer at few of them.
CREATE FUNCTION stalled_generations(p_overdue interval)
    RETURNS TABLE (id uuid, state text, stall text, since timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT g.id, g.state, s.stall, g.updated_at
      FROM generations g CROSS JOIN LATERAL (SELECT generation_stall(g, p_overdue) AS stall) s
     WHERE g.state <> 'done' AND (g.wake_at IS NULL OR g.wake_at < nd_now() - p_overdue OR g.claims >= 6
           OR g.state = 'delivering' OR coalesce(g.window_ends, g.start_by) < nd_now() - interval '25 hours'
           OR EXISTS (SELECT 1 FROM deliveries d WHERE d.generation_id = g.id AND d.state = 'due'
                         AND (d.tries >= 5 OR d.kind = 'root' AND d.created_at < nd_now() - interval '15 minutes')))
       AND s.stall IS NOT NULL ORDER BY g.updated_at
$$;

-- A generation in one line.
CREATE VIEW generation_overview AS
SELECT g.id, g.created_at, g.done_at, g.team_id, g.platform, g.tier, g.state, g.outcome, g.error_class, g.wake_at, g.claims,
       g.lease_owner, g.consumed, g.settled, g.cancel_requested_at, a.tries, a.route,
       generation_stall(g, interval '2 minutes') AS stall
  FROM generations g
  LEFT JOIN LATERAL (SELECT count(*) AS tries, (array_agg(t.route ORDER BY t.n DESC))[1] AS route
                       FROM attempts t WHERE t.generation_id = g.id) a ON true;

-- Gives a generation another chance, without asking for anything twice. What answers is what was done:
--   woken         it is live: its next step and its messages are due now, and its claims are counted from the start
--   redelivering  its last word could not be said anywhere: it is tried again, after looking for what may have been posted.
--                 What was given back for want of delivery stays given back
--   delivered, unknown  nothing was done
CREATE FUNCTION retry_generation(p_id uuid) RETURNS text
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    g generations;
    v_is_gone boolean;
BEGIN
    SELECT * INTO g FROM generations WHERE id = p_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'unknown';
    END IF;
    SELECT bool_or(d.kind = 'result' AND d.state = 'gone') INTO v_is_gone FROM deliveries d WHERE d.generation_id = p_id;
    IF g.state = 'done' AND v_is_gone THEN
        UPDATE generations SET settled = settled - (
               SELECT coalesce(sum(e.delta), 0) FROM entry e WHERE e.key = p_id AND e.kind = 'refund')
         WHERE id = p_id;
        -- tries = 1: the next try looks first. A place may be open again, so the ladder is gone down from its top.
        UPDATE deliveries SET state = 'due', wake_at = nd_now(), tries = 1, created_at = nd_now(), fence = fence + 1,
                              lease_owner = NULL, lease_until = NULL, turn_at = NULL,
                              memory = memory - ARRAY['where', 'why', 'plain', 'form', 'size_max']
         WHERE generation_id = p_id AND state = 'gone' AND (kind = 'result' OR kind = 'root' AND g.thread IS NULL);
        RETURN 'redelivering';
    END IF;
    UPDATE deliveries SET version = version + 1,
                          wake_at = CASE WHEN lease_until > nd_now() THEN wake_at ELSE nd_now() END
     WHERE generation_id = p_id AND state = 'due';
    IF g.state = 'done' THEN
        RETURN CASE WHEN FOUND THEN 'woken' ELSE 'delivered' END;
    END IF;
    UPDATE generations SET version = version + 1, claims = 0,
                           wake_at = CASE WHEN lease_until > nd_now() THEN wake_at ELSE nd_now() END
     WHERE id = p_id;
    RETURN 'woken';
END
$$;

-- What vendors were paid for, as far as it is known. Waste is what no team paid for: videos that came too late, that were
-- not what had been ordered, or whose generation ended without one. An attempt that may still become its generation's is
-- not judged yet.
CREATE VIEW vendor_costs AS
    SELECT a.generation_id, a.n, a.route, a.provider, a.ended_at, a.cost_usd_micros,
           a.n IS DISTINCT FROM g.winner_attempt OR g.outcome <> 'succeeded' AS is_waste
      FROM attempts a JOIN generations g ON g.id = a.generation_id
     WHERE a.cost_usd_micros > 0 AND g.outcome IS NOT NULL;

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

-- Notes what housekeeping has done, for whoever looks.
CREATE FUNCTION duty_done(p_name text, p_holder text, p_facts jsonb) RETURNS void
LANGUAGE sql VOLATILE AS $$
    UPDATE duties SET done_at = nd_now(), facts = p_facts WHERE name = p_name AND holder = p_holder
$$;

-- migrate:down
