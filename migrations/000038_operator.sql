-- migrate:up

-- What an operator looks at, and the two things that they may do to a generation besides cancelling it. Nothing here moves
-- credits.

-- A team with its workspaces and what it can spend; one that was joined to another shows that one's credits.
CREATE VIEW team_overview AS
SELECT t.id, t.name, t.created_at, t.joined_to, coalesce(b.balance, 0) AS balance, coalesce(b.held, 0) AS held,
       coalesce(b.frozen, false) AS frozen,
       ARRAY(SELECT s.platform || ':' || s.installation FROM workspace s WHERE s.team_id = t.id ORDER BY 1) AS workspaces,
       (SELECT max(g.created_at) FROM generations g WHERE g.team_id = t.id) AS asked_at
  FROM team t LEFT JOIN LATERAL credit_balance(t.id) b ON true;

-- The lots that a team's balance is made of, in the order in which they are burned. What is granted by itself and not
-- booked yet is among them.
CREATE FUNCTION team_lots(p_team bigint)
    RETURNS TABLE (source text, granted bigint, remaining bigint, granted_at timestamptz, expires_at timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT l.source, l.granted, l.remaining, l.granted_at, nullif(l.expires_at, 'infinity') FROM (
        SELECT o.id, o.source, o.priority, o.granted, o.granted_at, o.expires_at,
               o.remaining + CASE WHEN o.id = w.lot_id THEN w.lot_left ELSE 0 END AS remaining
          FROM lot o JOIN wallet w ON w.team_id = o.team_id WHERE o.team_id = p_team
        UNION ALL
        SELECT NULL, 'free', 10, p.amount, p.effective_at, p.ends_at, p.amount
          FROM wallet_pending(p_team) p WHERE p.kind = 'free') l
     WHERE l.remaining > 0 AND l.expires_at > nd_now() ORDER BY l.priority, l.expires_at, l.id
$$;

-- Why a generation does not move although it should; NULL for one that is done or on its way.
--   poison       claimed over and over without an outcome; the engine ends it after a few more
--   asleep       waits for an event, and nothing is left that could bring one
--   undelivered  its last word is due, and nobody has taken it up for p_overdue
--   overdue      due for p_overdue, and nobody has claimed it
--   endless      a day over every time limit that it had
-- One that has consumed nothing waits for a person, who may take their time.
CREATE FUNCTION generation_stall(g generations, p_overdue interval) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_last_word timestamptz;
BEGIN
    IF g.state = 'done' THEN
        RETURN NULL;
    ELSIF g.claims >= 6 THEN
        RETURN 'poison';
    ELSIF g.wake_at < nd_now() - p_overdue THEN
        RETURN 'overdue';
    ELSIF g.consumed = 0 THEN
        RETURN NULL;
    ELSIF g.state = 'delivering' THEN
        SELECT d.wake_at INTO v_last_word FROM deliveries d
         WHERE d.generation_id = g.id AND d.kind = 'result' AND d.state = 'due';
        IF v_last_word < nd_now() - p_overdue THEN
            RETURN 'undelivered';
        END IF;
    END IF;
    IF g.wake_at IS NULL AND v_last_word IS NULL THEN
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
           OR g.state = 'delivering' OR coalesce(g.window_ends, g.start_by) < nd_now() - interval '25 hours')
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
        -- tries = 1: the next try looks first. A place may be open again, so people are written to directly once more.
        UPDATE deliveries SET state = 'due', wake_at = nd_now(), tries = 1, created_at = nd_now(), fence = fence + 1,
                              lease_owner = NULL, lease_until = NULL, memory = memory - 'direct'
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

-- migrate:down
