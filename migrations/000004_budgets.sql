-- migrate:up

-- Budgets, gifts between them, the approval threshold, alerts that are due, freezing.

-- A function may name what a later file makes.
SET LOCAL check_function_bodies = off;

-- Budgets: how much of a team's credits one member, one channel or everybody may spend in a day or a month. They are
-- decided and counted in the transaction that consumes, under the wallet's lock. Days and months begin at midnight UTC.

CREATE TYPE budget_scope AS ENUM ('member', 'channel', 'team');

CREATE TYPE budget_period AS ENUM ('day', 'month');

-- subject: the member's number, the channel, '' for the team; '*' sets the cap of every member (or channel) that has none
-- of its own. cap NULL: as '*' says. spent and extra (what was given to it, below zero what it gave away) belong to the period
-- that began at starts_at; alerted_at is the period whose alert was given.
CREATE TABLE budget (
    team_id    bigint NOT NULL REFERENCES team (id),
    scope      budget_scope NOT NULL,
    subject    text NOT NULL,
    period     budget_period NOT NULL,
    cap        credits,
    extra      bigint NOT NULL DEFAULT 0,
    spent      bigint NOT NULL DEFAULT 0,
    starts_at  timestamptz NOT NULL,
    alerted_at timestamptz,
    PRIMARY KEY (team_id, scope, subject, period)
) WITH (fillfactor = 70);

-- What admins and operators set: budgets, gifts between members' budgets, the approval threshold, alerts, freezing. A team
-- that was joined to another is answered for by that one. Every setting takes the wallet's lock first, as consume does.

-- Which member gave which how much of this month's budget, beside the ledger's entry of it.
CREATE TABLE gift (
    team_id   bigint NOT NULL,
    seq       bigint NOT NULL,
    to_member bigint NOT NULL,
    amount    bigint NOT NULL,
    PRIMARY KEY (team_id, seq)
);

-- The beginning of a budget's day or month, at midnight UTC.
CREATE FUNCTION period_start(p_period budget_period, p_at timestamptz) RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN date_trunc(p_period::text, p_at, 'UTC');
END
$$;

-- Where the entries since p_since begin, found by halving: every one of them has this number or a higher one. Entries are
-- dated in order but for the moments that a writer waits for a lock, for which an hour is left.
CREATE FUNCTION entry_seq_since(p_team bigint, p_since timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_low bigint := 1;
    v_high bigint;
    v_mid bigint;
BEGIN
    SELECT w.seq + 1 INTO v_high FROM wallet w WHERE w.team_id = p_team;
    WHILE v_low < v_high LOOP
        v_mid := (v_low + v_high) / 2;
        IF (SELECT e.at FROM entry e WHERE e.team_id = p_team AND e.seq = v_mid) < p_since - interval '1 hour' THEN
            v_low := v_mid + 1;
        ELSE
            v_high := v_mid;
        END IF;
    END LOOP;
    RETURN v_low;
END
$$;

-- What the ledger says was spent in a period: taken in it, less what came back of that whenever it came.
CREATE FUNCTION budget_count(p_team bigint, p_scope budget_scope, p_subject text, p_period budget_period, p_start timestamptz)
    RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_from bigint := entry_seq_since(p_team, p_start);
    v_end timestamptz := ((p_start AT TIME ZONE 'UTC') + ('1 ' || p_period)::interval) AT TIME ZONE 'UTC';
    v_to bigint := entry_seq_since(p_team, v_end + interval '2 hours');
BEGIN
    RETURN (
        SELECT coalesce(sum(-c.delta - (SELECT coalesce(sum(b.delta), 0) FROM entry b WHERE b.key = c.key AND b.leg >= 1)), 0)
          FROM entry c
         WHERE c.team_id = p_team AND c.seq >= v_from AND c.seq < v_to
           AND c.kind = 'consume' AND c.at >= p_start AND c.at < v_end
           AND CASE p_scope WHEN 'member' THEN c.member_id = p_subject::bigint
                            WHEN 'channel' THEN c.channel = p_subject ELSE true END);
END
$$;

-- Whether a budget is about this member or channel (or the team).
CREATE FUNCTION budget_is_about(b budget, p_member bigint, p_channel text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE b.scope WHEN 'member' THEN b.subject = p_member::text WHEN 'channel' THEN b.subject = p_channel ELSE true END
$$;

-- Makes the budgets that a consume meets ready for it: each '*' gets a row for this member or channel, and rows of an older
-- period begin the new one. Returns the moment that the consume is dated with, which is never in a period that is over.
CREATE FUNCTION budget_open(p_team bigint, p_member bigint, p_channel text) RETURNS timestamptz
LANGUAGE plpgsql AS $$
DECLARE
    v_at timestamptz;
BEGIN
    SELECT greatest(nd_now(), max(b.starts_at),
                    (SELECT e.at FROM entry e JOIN wallet w ON w.team_id = e.team_id AND w.seq = e.seq WHERE e.team_id = p_team))
      INTO v_at FROM budget b WHERE b.team_id = p_team AND b.subject <> '*';
    INSERT INTO budget (team_id, scope, subject, period, starts_at, spent)
    SELECT b.team_id, b.scope, s.subject, b.period, period_start(b.period, v_at),
           budget_count(p_team, b.scope, s.subject, b.period, period_start(b.period, v_at))
      FROM budget b, LATERAL (SELECT CASE b.scope WHEN 'member' THEN p_member::text ELSE p_channel END AS subject) s
     WHERE b.team_id = p_team AND b.subject = '*' AND s.subject IS NOT NULL AND NOT EXISTS (
           SELECT 1 FROM budget o WHERE o.team_id = p_team AND o.scope = b.scope AND o.period = b.period
                                    AND o.subject = s.subject);
    UPDATE budget b SET starts_at = period_start(b.period, v_at), spent = 0, extra = 0
     WHERE b.team_id = p_team AND b.subject <> '*' AND b.starts_at < period_start(b.period, v_at)
       AND budget_is_about(b, p_member, p_channel);
    RETURN v_at;
END
$$;

-- The cap of a budget now: its own or that of '*', and what was given to it. NULL: no cap.
CREATE FUNCTION budget_cap(b budget) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN b.extra + coalesce(b.cap, (SELECT o.cap FROM budget o WHERE o.team_id = b.team_id AND o.scope = b.scope
                                         AND o.period = b.period AND o.subject = '*'));
END
$$;

-- The budget that p_amount would overrun, as a status; NULL if none.
CREATE FUNCTION budget_refusal(p_team bigint, p_member bigint, p_channel text, p_amount bigint) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT 'over_' || b.scope || '_budget' FROM budget b
             WHERE b.team_id = p_team AND b.subject <> '*' AND budget_is_about(b, p_member, p_channel)
               AND b.spent + p_amount > budget_cap(b)
             ORDER BY b.scope LIMIT 1);
END
$$;

-- Counts p_amount (below zero: given back) in the budgets whose period it was spent in.
CREATE FUNCTION budget_spend(p_team bigint, p_member bigint, p_channel text, p_amount bigint, p_at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE budget b SET spent = b.spent + p_amount
     WHERE b.team_id = p_team AND b.subject <> '*' AND b.starts_at = period_start(b.period, p_at)
       AND budget_is_about(b, p_member, p_channel);
END
$$;

CREATE TRIGGER gift_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON gift
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Tells the wallet what stands in the way of a plain deduction now.
CREATE FUNCTION wallet_gate(p_team bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE wallet w SET gates = (w.gates & 1)
               | CASE WHEN t.joined_to IS NULL THEN 0 ELSE 2 END
               | CASE WHEN EXISTS (SELECT 1 FROM budget b WHERE b.team_id = p_team) THEN 4 ELSE 0 END
               | CASE WHEN t.approval_above IS NULL THEN 0 ELSE 8 END
      FROM team t WHERE t.id = p_team AND w.team_id = p_team;
END
$$;

-- Sets the cap of a budget (NULL takes it away). A new budget counts what its day or month has spent already.
-- status: ok, unknown_team.
CREATE FUNCTION set_budget(p_team bigint, p_scope text, p_subject text, p_period text, p_cap bigint, OUT status text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    w wallet;
    v_scope budget_scope := p_scope;
    v_period budget_period := p_period;
    v_start timestamptz;
BEGIN
    IF (CASE v_scope WHEN 'member' THEN p_subject ~ '^([0-9]+|\*)$' WHEN 'channel' THEN p_subject <> ''
                     WHEN 'team' THEN p_subject = '' END) IS NOT TRUE OR v_period IS NULL OR p_cap < 0 THEN
        RAISE EXCEPTION 'a budget is of a member, a channel or the team, and not below zero' USING ERRCODE = 'ND001';
    END IF;
    w := wallet_lock(p_team);
    IF w.team_id IS NULL THEN
        status := 'unknown_team';
        RETURN;
    END IF;
    v_start := period_start(v_period, budget_open(w.team_id, NULL, NULL));
    IF p_cap IS NOT NULL THEN
        INSERT INTO budget (team_id, scope, subject, period, cap, starts_at, spent)
        VALUES (w.team_id, v_scope, p_subject, v_period, p_cap, v_start, CASE WHEN p_subject = '*' THEN 0
                ELSE budget_count(w.team_id, v_scope, p_subject, v_period, v_start) END)
        ON CONFLICT (team_id, scope, subject, period) DO UPDATE SET cap = p_cap;
    ELSE
        UPDATE budget SET cap = NULL
         WHERE team_id = w.team_id AND scope = v_scope AND subject = p_subject AND period = v_period;
        DELETE FROM budget b
         WHERE b.team_id = w.team_id AND b.cap IS NULL AND (b.subject = '*' OR NOT EXISTS (
               SELECT 1 FROM budget o WHERE o.team_id = b.team_id AND o.scope = b.scope AND o.period = b.period
                                        AND o.subject = '*' AND o.cap IS NOT NULL));
    END IF;
    PERFORM wallet_gate(w.team_id);
    status := 'ok';
END
$$;

-- A team's budgets and what is spent of them now; with a member or channel, those that are about them, counting '*' as
-- theirs. cap has '*' and gifts counted in; spent is 0 for '*' itself.
CREATE FUNCTION budget_list(p_team bigint, p_member bigint, p_channel text)
    RETURNS TABLE (scope text, subject text, period text, cap bigint, spent bigint, starts_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_team bigint := team_spends_as(p_team);
    v_all boolean := p_member IS NULL AND p_channel IS NULL;
BEGIN
    RETURN QUERY
    SELECT b.scope::text, b.subject, b.period::text, CASE WHEN s.is_past THEN budget_cap(b) - b.extra ELSE budget_cap(b) END,
           CASE WHEN s.is_past THEN 0 ELSE b.spent END, greatest(b.starts_at, s.now_starts)
      FROM budget b, LATERAL (SELECT period_start(b.period, nd_now()) AS now_starts,
                                     b.starts_at < period_start(b.period, nd_now()) AS is_past) s
     WHERE b.team_id = v_team AND (v_all OR budget_is_about(b, p_member, p_channel))
    UNION ALL
    SELECT b.scope::text, o.subject, b.period::text, b.cap::bigint,
           budget_count(v_team, b.scope, o.subject, b.period, period_start(b.period, nd_now())), period_start(b.period, nd_now())
      FROM budget b, LATERAL (SELECT CASE b.scope WHEN 'member' THEN p_member::text ELSE p_channel END AS subject) o
     WHERE b.team_id = v_team AND b.subject = '*' AND o.subject IS NOT NULL AND NOT EXISTS (
           SELECT 1 FROM budget own WHERE own.team_id = v_team AND own.scope = b.scope AND own.period = b.period
                                      AND own.subject = o.subject)
     ORDER BY 1, 2, 3;
END
$$;

-- A member gives p_amount of what is left of their budget of this month to another member's: once for each key. No credits
-- move, but the ledger remembers it.
-- status: ok, replayed, key_conflict, unknown_team, unknown_member, no_budget (of either), exceeds_budget.
CREATE FUNCTION gift_budget(p_team bigint, p_key uuid, p_from bigint, p_to bigint, p_amount bigint, p_actor bigint, p_note text,
    OUT status text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    w wallet;
    e entry;
    v_at timestamptz;
    v_seq bigint;
BEGIN
    IF p_key IS NULL OR p_from IS NULL OR p_to IS NULL OR p_from = p_to OR p_amount IS NULL OR p_amount <= 0 THEN
        RAISE EXCEPTION 'a gift wants a key, two members and an amount above zero' USING ERRCODE = 'ND001';
    END IF;
    w := wallet_lock(p_team);
    SELECT * INTO e FROM entry o WHERE o.key = p_key AND o.leg = 0;
    IF FOUND THEN
        status := CASE WHEN e.kind = 'gift' AND e.member_id = p_from AND EXISTS (
            SELECT 1 FROM gift g WHERE g.team_id = e.team_id AND g.seq = e.seq AND g.to_member = p_to AND g.amount = p_amount)
            THEN 'replayed' ELSE 'key_conflict' END;
        RETURN;
    END IF;
    status := CASE
        WHEN w.team_id IS NULL THEN 'unknown_team'
        WHEN (SELECT count(*) FROM member m JOIN workspace s USING (platform, installation)
               WHERE m.id IN (p_from, p_to) AND s.team_id = w.team_id) <> 2 THEN 'unknown_member'
    END;
    IF status IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM budget_open(w.team_id, p_from, NULL);
    v_at := budget_open(w.team_id, p_to, NULL);
    IF (SELECT count(*) FROM budget b WHERE b.team_id = w.team_id AND b.scope = 'member' AND b.period = 'month'
                                        AND b.subject IN (p_from::text, p_to::text)) <> 2 THEN
        status := 'no_budget';
    ELSIF (SELECT budget_cap(b) - b.spent < p_amount FROM budget b WHERE b.team_id = w.team_id AND b.scope = 'member'
                                                                AND b.period = 'month' AND b.subject = p_from::text) THEN
        status := 'exceeds_budget';
    ELSE
        v_seq := (wallet_book(w.team_id, 'gift', p_key, 0, 0, 0, NULL, p_from, p_actor, NULL, p_note, v_at)).seq;
        status := CASE WHEN v_seq IS NULL THEN 'key_conflict' ELSE 'ok' END;
    END IF;
    IF status = 'ok' THEN
        UPDATE budget b SET extra = b.extra + CASE b.subject WHEN p_to::text THEN p_amount ELSE -p_amount END
         WHERE b.team_id = w.team_id AND b.scope = 'member' AND b.period = 'month' AND b.subject IN (p_from::text, p_to::text);
        INSERT INTO gift (team_id, seq, to_member, amount) VALUES (w.team_id, v_seq, p_to, p_amount);
    END IF;
END
$$;

-- Generations that hold more than p_above ask an admin; NULL: none do. False: no such team.
CREATE FUNCTION set_approval(p_team bigint, p_above bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    w wallet := wallet_lock(p_team);
BEGIN
    UPDATE team SET approval_above = p_above WHERE id = w.team_id;
    PERFORM wallet_gate(w.team_id);
    RETURN w.team_id IS NOT NULL;
END
$$;

-- Stops a team from spending; what is held may still be settled, and credits may be granted. False: no such team.
CREATE FUNCTION freeze_team(p_team bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    w wallet := wallet_lock(p_team);
BEGIN
    UPDATE wallet o SET gates = o.gates | 1 WHERE o.team_id = w.team_id;
    RETURN w.team_id IS NOT NULL;
END
$$;

-- Lets a frozen team spend again. False: no such team.
CREATE FUNCTION thaw_team(p_team bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    w wallet := wallet_lock(p_team);
BEGIN
    UPDATE wallet o SET gates = o.gates & ~1 WHERE o.team_id = w.team_id;
    RETURN w.team_id IS NOT NULL;
END
$$;

-- Where a team wants its alerts, and below which balance. False: no such team.
CREATE FUNCTION set_alerts(p_team bigint, p_low_balance bigint, p_platform text, p_installation text, p_channel text)
    RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    w wallet := wallet_lock(p_team);
BEGIN
    UPDATE team SET low_balance = p_low_balance, low_alerted = false, alert_platform = p_platform,
                    alert_installation = p_installation, alert_channel = p_channel
     WHERE id = w.team_id;
    RETURN w.team_id IS NOT NULL;
END
$$;

-- Whether 80 % of a budget are spent in this period and nobody was told.
CREATE FUNCTION budget_alert_is_due(b budget) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN b.subject <> '*' AND b.spent > 0 AND b.alerted_at IS DISTINCT FROM b.starts_at
           AND b.starts_at >= period_start(b.period, nd_now()) AND b.spent * 5 >= budget_cap(b) * 4;
END
$$;

-- Alerts that are due and were not given yet; giving them here marks them. Each budget once in its period, from 80 % on; the
-- low balance once until a grant lifts it. A team that has chosen no channel has none.
CREATE FUNCTION due_alerts(p_team bigint)
    RETURNS TABLE (kind text, scope text, subject text, period text, cap bigint, spent bigint, balance bigint,
                   platform text, installation text, channel text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_team bigint := team_spends_as(p_team);
    t team;
    w wallet;
BEGIN
    SELECT * INTO t FROM team WHERE id = v_team AND alert_channel IS NOT NULL;
    IF NOT FOUND THEN
        RETURN;
    ELSIF NOT EXISTS (SELECT 1 FROM budget b WHERE b.team_id = v_team AND budget_alert_is_due(b))
          AND (t.low_alerted OR (SELECT c.balance >= t.low_balance FROM credit_balance(v_team) c)) THEN
        RETURN;
    END IF;
    w := wallet_lock(v_team);
    RETURN QUERY
    UPDATE budget b SET alerted_at = b.starts_at
     WHERE b.team_id = w.team_id AND budget_alert_is_due(b)
    RETURNING 'budget', b.scope::text, b.subject, b.period::text, budget_cap(b), b.spent, w.balance::bigint,
              t.alert_platform, t.alert_installation, t.alert_channel;
    RETURN QUERY
    UPDATE team o SET low_alerted = true
     WHERE o.id = w.team_id AND NOT o.low_alerted AND w.balance < o.low_balance
    RETURNING 'low_balance', NULL, NULL, NULL, o.low_balance::bigint, NULL::bigint, w.balance::bigint,
              t.alert_platform, t.alert_installation, t.alert_channel;
END
$$;

-- migrate:down
