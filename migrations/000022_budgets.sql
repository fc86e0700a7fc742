-- migrate:up

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

-- migrate:down
