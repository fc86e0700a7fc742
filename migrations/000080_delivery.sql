-- migrate:up

-- What the chat platforms still take, by the key of each of their limits: shared by all processes. Losing it in a crash
-- of the database costs a burst at most, so it is not logged.
CREATE UNLOGGED TABLE chat_budget (
    key          text PRIMARY KEY,
    spent_until  timestamptz NOT NULL,
    closed_until timestamptz NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);

-- When a message that did not fit has its turn, which it keeps.
ALTER TABLE deliveries ADD COLUMN turn_at timestamptz;

-- Seconds until a message may be sent; 0: now, and its turn is taken from every limit that it counts against. Later turns
-- are kept in the message's row. With p_kept (how much of each burst is left alone) it gets no turn, only what is spare.
-- p_gate closes everything. Locks are taken in the order of the keys. core/domain/chat/pacing.py says the same in Python.
CREATE FUNCTION take_turn(
    p_delivery bigint, p_gate text, p_keys text[], p_bursts integer[], p_every double precision[], p_kept integer[]
) RETURNS double precision
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_now timestamptz := nd_now();
    v_turn timestamptz := nd_now();
    v_closed timestamptz;
    v_kept timestamptz;
    l record;
    b chat_budget;
BEGIN
    SELECT closed_until INTO v_closed FROM chat_budget WHERE key = p_gate;
    IF p_kept IS NULL THEN
        SELECT turn_at INTO v_kept FROM deliveries WHERE id = p_delivery;
    END IF;
    FOR l IN SELECT u.key, u.burst, u.every, coalesce(u.kept, 0) AS kept
               FROM unnest(p_keys, p_bursts, p_every, p_kept) AS u (key, burst, every, kept) ORDER BY u.key
    LOOP
        INSERT INTO chat_budget AS c (key, spent_until, closed_until) VALUES (l.key, v_now, v_now)
        ON CONFLICT (key) DO UPDATE SET spent_until = greatest(c.spent_until, c.closed_until, v_now) RETURNING * INTO b;
        v_closed := greatest(v_closed, b.closed_until);
        v_turn := greatest(v_turn, b.closed_until,
                           b.spent_until - (l.burst - 1 - l.kept) * make_interval(secs => l.every));
    END LOOP;
    v_turn := greatest(v_turn, v_closed);
    IF v_kept <= v_now AND NOT v_closed > v_now THEN
        UPDATE deliveries SET turn_at = NULL WHERE id = p_delivery;
        RETURN 0;
    ELSIF v_kept > v_now AND v_kept >= v_closed THEN
        RETURN extract(epoch FROM v_kept - v_now);
    ELSIF p_kept IS NOT NULL AND v_turn > v_now THEN
        RETURN extract(epoch FROM v_turn - v_now);
    END IF;
    UPDATE chat_budget c SET spent_until = greatest(c.spent_until, v_turn) + make_interval(secs => u.every)
      FROM unnest(p_keys, p_every) AS u (key, every) WHERE c.key = u.key;
    IF v_turn > v_now THEN
        UPDATE deliveries SET turn_at = v_turn WHERE id = p_delivery;
    END IF;
    RETURN extract(epoch FROM v_turn - v_now);
END
$$;

-- A platform said to wait: nothing goes against these limits for so long, whoever would send it.
CREATE FUNCTION close_budgets(p_keys text[], p_for interval) RETURNS void
LANGUAGE sql VOLATILE AS $$
    INSERT INTO chat_budget AS c (key, spent_until, closed_until)
    SELECT key, nd_now(), nd_now() + p_for FROM unnest(p_keys) AS key ORDER BY key
    ON CONFLICT (key) DO UPDATE SET closed_until = greatest(c.closed_until, excluded.closed_until)
$$;

-- Forgets the limits that nothing is owed to. Returns how many.
CREATE FUNCTION sweep_budgets() RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_swept integer;
BEGIN
    DELETE FROM chat_budget WHERE key IN (
           SELECT key FROM chat_budget WHERE greatest(spent_until, closed_until) < nd_now() - interval '1 hour'
            ORDER BY key LIMIT 1000 FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS v_swept = ROW_COUNT;
    RETURN v_swept;
END
$$;

-- Takes the lease on up to p_limit messages that are due: results and extra takes first, then roots, edits of the progress
-- last.
CREATE OR REPLACE FUNCTION claim_messages(p_owner text, p_limit integer, p_lease interval) RETURNS SETOF deliveries
LANGUAGE sql VOLATILE AS $$
    WITH first AS (
        SELECT id FROM deliveries
         WHERE state = 'due' AND kind <> 'progress' AND wake_at <= nd_now()
           AND (lease_until IS NULL OR lease_until <= nd_now())
         ORDER BY kind = 'root', wake_at LIMIT p_limit FOR UPDATE SKIP LOCKED
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

-- The place is closed to a generation's messages: all that is still to be said is said in another thread from now on. A
-- message that is up stays where it is, and is edited once more, so that it tells where the rest went. p_told: what the
-- messages remember of it. A root that is not up is given up. Null: the claim was lost.
CREATE FUNCTION redirect_messages(p_id bigint, p_fence bigint, p_generation uuid, p_thread text, p_told jsonb)
    RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM 1 FROM generations WHERE id = p_generation FOR NO KEY UPDATE;
    PERFORM 1 FROM deliveries WHERE id = p_id AND fence = p_fence FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    UPDATE generations SET thread = p_thread WHERE id = p_generation;
    UPDATE deliveries d
       SET memory = CASE WHEN d.message_id IS NULL THEN (d.memory - ARRAY['plain', 'form', 'size_max', 'look']) || p_told
                         ELSE d.memory || p_told END,
           tries = CASE WHEN d.message_id IS NULL THEN 0 ELSE d.tries END,
           state = CASE WHEN d.kind = 'root' THEN 'gone' ELSE 'due' END,
           lease_owner = NULL, lease_until = NULL, turn_at = NULL, fence = d.fence + 1, version = d.version + 1,
           wake_at = CASE WHEN d.kind = 'root' THEN NULL ELSE nd_now() END
     WHERE d.generation_id = p_generation
       AND (d.state = 'due' OR d.kind = 'progress' AND d.state = 'done' AND d.message_id IS NOT NULL);
    RETURN true;
END
$$;

-- What is to be said after its generation was sent elsewhere knows of it, as far down as that went.
CREATE FUNCTION deliveries_follow() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    v_told jsonb;
BEGIN
    SELECT jsonb_build_object('where', d.memory -> 'where', 'why', d.memory -> 'why') INTO v_told
      FROM deliveries d WHERE d.generation_id = NEW.generation_id AND d.memory ? 'where'
     ORDER BY array_position(ARRAY['channel', 'follow_up', 'direct'], d.memory ->> 'where') DESC LIMIT 1;
    NEW.memory := NEW.memory || coalesce(v_told, '{}');
    RETURN NEW;
END
$$;

CREATE TRIGGER deliveries_follow BEFORE INSERT ON deliveries FOR EACH ROW
    WHEN (NEW.kind IN ('result', 'extra')) EXECUTE FUNCTION deliveries_follow();

-- An alert about a generation may be of two kinds.
ALTER TABLE alert DROP CONSTRAINT alert_generation_id_key;
CREATE UNIQUE INDEX alert_of_generation ON alert (generation_id, kind);
ALTER TABLE alert DROP CONSTRAINT alert_kind;
ALTER TABLE alert ADD CONSTRAINT alert_kind CHECK (kind IN ('budget', 'low_balance', 'approval', 'undelivered')) NOT VALID;

-- Tells the admins of a generation's own workspace that it waits for them, if that is where the team's alerts go.
CREATE OR REPLACE FUNCTION note_approval(p_generation uuid) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO alert (team_id, kind, cap, balance, generation_id, platform, installation, place)
    SELECT t.id, 'approval', (SELECT max(p.value::bigint) FROM jsonb_each_text(g.prices) p), c.balance, g.id, t.alert_platform,
           t.alert_installation, t.alert_channel
      FROM generations g JOIN team t ON t.id = team_spends_as(g.team_id), credit_balance(t.id) c
     WHERE g.id = p_generation AND t.alert_channel IS NOT NULL
       AND t.alert_platform = g.platform AND t.alert_installation = g.installation
    ON CONFLICT (generation_id, kind) DO NOTHING;
END
$$;

-- Tells a team's alert channel that the last word of a generation could be said nowhere; cap is what it had paid.
CREATE FUNCTION note_undelivered(p_generation uuid) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO alert (team_id, kind, cap, balance, generation_id, platform, installation, place)
    SELECT t.id, 'undelivered', coalesce(g.settled, g.consumed), c.balance, g.id, t.alert_platform, t.alert_installation,
           t.alert_channel
      FROM generations g JOIN team t ON t.id = team_spends_as(g.team_id), credit_balance(t.id) c
     WHERE g.id = p_generation AND t.alert_channel IS NOT NULL
    ON CONFLICT (generation_id, kind) DO NOTHING;
END
$$;

-- Why a generation does not move although it should; NULL for one that is done or on its way.
--   poison       claimed over and over without an outcome; the engine ends it after a few more
--   asleep       waits for an event, and nothing is left that could bring one
--   undelivered  its last word is due, and nobody has taken it up for p_overdue; or one of its messages was refused so
--                often, or for so long, that the platform seems not to take it
--   overdue      due for p_overdue, and nobody has claimed it
--   endless      a day over every time limit that it had
-- One that has consumed nothing waits for a person, who may take their time.
CREATE OR REPLACE FUNCTION generation_stall(g generations, p_overdue interval) RETURNS text
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
CREATE OR REPLACE FUNCTION stalled_generations(p_overdue interval)
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

-- Gives a generation another chance, without asking for anything twice. What answers is what was done:
--   woken         it is live: its next step and its messages are due now, and its claims are counted from the start
--   redelivering  its last word could not be said anywhere: it is tried again, after looking for what may have been posted.
--                 What was given back for want of delivery stays given back
--   delivered, unknown  nothing was done
CREATE OR REPLACE FUNCTION retry_generation(p_id uuid) RETURNS text
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

DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'neverdark_app') THEN
        PERFORM allow_product_role('neverdark_app');
    END IF;
END
$$;

-- migrate:down
