-- migrate:up

-- Reading the ledger, and checking that it is whole.

-- A function may name what a later file makes.
SET LOCAL check_function_bodies = off;

-- One line of a statement; see credit_statement.
CREATE TYPE statement_line AS (
    seq bigint, at timestamptz, kind entry_kind, key uuid, member_id bigint, actor_id bigint, channel text, note text,
    taken bigint, given_back bigint, amount bigint, held bigint, balance_after bigint, settled_at timestamptz, why text,
    booked boolean);

-- Reading the ledger: balance, statement, use. All are right although what lapses and what is granted by itself is booked
-- only by the next writer: what is pending is counted in.

-- What a team can spend now; a team that was joined to another spends that one's credits. No row for an unknown team.
CREATE FUNCTION credit_balance(p_team bigint) RETURNS TABLE (team_id bigint, balance bigint, held bigint, frozen boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT w.team_id, w.balance + CASE WHEN w.next_event > nd_now() THEN 0 ELSE (
               SELECT coalesce(sum(CASE p.kind WHEN 'expire' THEN -p.amount ELSE p.amount END), 0)::bigint
                 FROM wallet_pending(w.team_id) p) END,
           w.held::bigint, w.gates & 1 <> 0
      FROM wallet w WHERE w.team_id = team_spends_as(p_team);
END
$$;

-- What will be booked by the next writer, as the lines that it will then be.
CREATE FUNCTION statement_pending(p_team bigint) RETURNS SETOF statement_line
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    SELECT w.seq + p.n, p.effective_at, p.kind,
           CASE p.kind WHEN 'expire' THEN system_key(2, p.lot_id) ELSE system_key(1, p_team) END,
           NULL::bigint, NULL::bigint, NULL::text, NULL::text, 0::bigint, 0::bigint, p.signed, 0::bigint,
           (w.balance + sum(p.signed) OVER (ORDER BY p.n))::bigint, NULL::timestamptz, NULL::text, false
      FROM wallet w,
           LATERAL (SELECT d.*, row_number() OVER () AS n, CASE d.kind WHEN 'expire' THEN -d.amount ELSE d.amount END AS signed
                      FROM wallet_pending(p_team) d) p
     WHERE w.team_id = p_team AND w.next_event <= nd_now();
END
$$;

-- A team's own statement, newest first: the p_limit lines before line p_before (NULL: from the newest). A line is one
-- generation with its settlement and corrections, or one movement that is not a generation's. What lapsed and what was
-- granted by itself is dated when it took effect.
CREATE FUNCTION credit_statement(p_team bigint, p_before bigint, p_limit integer) RETURNS SETOF statement_line
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_before bigint := coalesce(p_before, 9223372036854775807);
BEGIN
    RETURN QUERY
    SELECT * FROM (
        SELECT * FROM statement_pending(p_team) p WHERE p.seq < v_before
        UNION ALL
        SELECT e.seq,
               CASE e.kind WHEN 'expire' THEN (SELECT l.expires_at FROM lot l WHERE l.id = e.lot_id)
                           WHEN 'free' THEN (SELECT l.granted_at FROM lot l WHERE l.id = e.lot_id) ELSE e.at END,
               e.kind, e.key, e.member_id, e.actor_id, e.channel, e.note,
               CASE e.kind WHEN 'consume' THEN -e.delta ELSE 0 END, coalesce(b.back, 0)::bigint,
               (e.delta + coalesce(b.back, 0))::bigint, (e.held_delta + coalesce(b.released, 0))::bigint, e.balance_after,
               b.settled_at, b.why, true
          FROM (SELECT * FROM entry o WHERE o.team_id = p_team AND o.leg <= 0 AND o.seq < v_before
                 ORDER BY o.seq DESC LIMIT p_limit) e
          LEFT JOIN LATERAL (
              SELECT sum(r.delta) AS back, sum(r.held_delta) AS released, min(r.at) FILTER (WHERE r.leg = 1) AS settled_at,
                     (array_agg(r.note ORDER BY r.leg DESC))[1] AS why
                FROM entry r WHERE e.kind = 'consume' AND r.key = e.key AND r.leg >= 1) b ON true) lines
     ORDER BY lines.seq DESC LIMIT p_limit;
END
$$;

-- What generations that were asked for in [p_from, p_to) cost, less what came back, by day (UTC), member and note. What
-- comes back of a consume is booked after it, so one walk over the ledger from p_from on finds all of it. Each key is
-- summed up on its own: a join of the walk with itself is planned as a nested loop, and takes seconds on a busy team.
CREATE FUNCTION credit_use(p_team bigint, p_from timestamptz, p_to timestamptz)
    RETURNS TABLE (day date, member_id bigint, note text, generations bigint, spent bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_seq bigint := entry_seq_since(p_team, p_from);
BEGIN
    RETURN QUERY
    SELECT (g.at AT TIME ZONE 'UTC')::date, g.member_id, g.note, count(*), sum(g.spent)::bigint
      FROM (SELECT min(e.at) FILTER (WHERE e.kind = 'consume') AS at,
                   min(e.member_id) FILTER (WHERE e.kind = 'consume') AS member_id,
                   min(e.note) FILTER (WHERE e.kind = 'consume') AS note,
                   -sum(e.delta) AS spent
              FROM entry e WHERE e.team_id = p_team AND e.seq >= v_seq AND (e.kind = 'consume' OR e.leg >= 1)
             GROUP BY e.key) g
     WHERE g.at >= p_from AND g.at < p_to
     GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
END
$$;

-- Whether the ledger is whole. Every team that is not gets one row that says what is wrong, naming the entries; no row means
-- that all is well. One statement and so one moment: it may run while credits move.

-- What an entry of each kind must look like.
CREATE FUNCTION entry_is_possible(e entry) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE e.kind
        WHEN 'consume'  THEN e.leg = 0 AND e.delta < 0 AND e.held_delta = -e.delta
        WHEN 'settle'   THEN e.leg = 1 AND e.held_delta < 0 AND e.delta BETWEEN 0 AND -e.held_delta
        WHEN 'refund'   THEN e.leg > 1 AND e.delta > 0 AND e.held_delta = 0
        WHEN 'grant'    THEN e.leg = 0 AND e.delta > 0 AND e.held_delta = 0 AND e.lot_id IS NOT NULL
        WHEN 'free'     THEN e.leg < 0 AND e.delta > 0 AND e.held_delta = 0 AND e.lot_id IS NOT NULL
        WHEN 'expire'   THEN e.leg < 0 AND e.delta < 0 AND e.held_delta = 0 AND e.lot_id IS NOT NULL
        WHEN 'move_out' THEN e.leg < 0 AND e.delta < 0 AND e.held_delta = 0
        WHEN 'move_in'  THEN e.leg < 0 AND e.delta > 0 AND e.held_delta = 0
        WHEN 'gift'     THEN e.leg = 0 AND e.delta = 0 AND e.held_delta = 0
    END AND e.balance_after >= 0 AND e.held_after >= 0
$$;

-- What is wrong with each entry by itself and with the one before it.
CREATE FUNCTION check_entries(p_team bigint) RETURNS TABLE (team_id bigint, wrong text)
LANGUAGE sql STABLE AS $$
    SELECT f.team_id, 'entry ' || f.seq || ': ' || concat_ws(', ',
               CASE WHEN f.is_after_gap THEN 'gap in the sequence before it' END,
               CASE WHEN f.balance_jumps THEN 'running balance jumps' END,
               CASE WHEN f.held_jumps THEN 'running held jumps' END,
               CASE WHEN f.is_impossible THEN 'impossible shape of a ' || f.kind END)
      FROM (SELECT e.team_id, e.seq, e.kind,
                   e.seq <> lag(e.seq, 1, 0::bigint) OVER team + 1 AS is_after_gap,
                   e.balance_after <> lag(e.balance_after, 1, 0::bigint) OVER team + e.delta AS balance_jumps,
                   e.held_after <> lag(e.held_after, 1, 0::bigint) OVER team + e.held_delta AS held_jumps,
                   entry_is_possible(e) IS NOT TRUE AS is_impossible
              FROM entry e WHERE p_team IS NULL OR e.team_id = p_team
            WINDOW team AS (PARTITION BY e.team_id ORDER BY e.seq)) f
     WHERE f.is_after_gap OR f.balance_jumps OR f.held_jumps OR f.is_impossible
$$;

-- What is wrong between entries of one key: holds and what came back of them, and moves between teams.
CREATE FUNCTION check_keys(p_team bigint) RETURNS TABLE (team_id bigint, wrong text)
LANGUAGE sql STABLE AS $$
    SELECT b.team_id, 'entry ' || b.seq || ': ' || b.kind || ' without its consume'
      FROM entry b LEFT JOIN entry c ON c.key = b.key AND c.leg = 0 AND c.kind = 'consume' AND c.team_id = b.team_id
     WHERE b.leg > 0 AND c.key IS NULL AND (p_team IS NULL OR b.team_id = p_team)
    UNION ALL
    SELECT h.team_id, 'entry ' || h.seq || ': ' || concat_ws(', ',
               CASE WHEN h.back > -h.delta THEN 'more refunded than taken' END,
               CASE WHEN h.released <> h.held_delta THEN 'settled for another amount than was held' END,
               CASE WHEN h.first_leg <> 1 THEN 'corrected before it was settled' END)
      FROM (SELECT c.team_id, c.seq, c.delta, c.held_delta, sum(b.delta) AS back, min(b.leg) AS first_leg,
                   -sum(b.held_delta) AS released
              FROM entry c JOIN entry b ON b.key = c.key AND b.leg > 0
             WHERE c.kind = 'consume' AND c.leg = 0 AND (p_team IS NULL OR c.team_id = p_team)
             GROUP BY c.team_id, c.seq, c.delta, c.held_delta) h
     WHERE h.back > -h.delta OR h.released <> h.held_delta OR h.first_leg <> 1
    UNION ALL
    SELECT m.team_id, 'entry ' || m.seq || ': ' || m.kind || ' without its other side'
      FROM entry m LEFT JOIN entry o ON o.key = m.key AND o.delta = -m.delta
           AND o.kind = CASE m.kind WHEN 'move_out' THEN 'move_in'::entry_kind ELSE 'move_out' END
           AND o.leg = CASE m.kind WHEN 'move_out' THEN m.leg - 1 ELSE m.leg + 1 END
     WHERE m.kind IN ('move_out', 'move_in') AND o.key IS NULL AND (p_team IS NULL OR m.team_id = p_team)
    UNION ALL
    SELECT c.team_id, 'entry ' || c.seq || ': its draws do not add up'
      FROM entry c LEFT JOIN draw d ON d.team_id = c.team_id AND d.seq = c.seq
     WHERE c.kind = 'consume' AND (p_team IS NULL OR c.team_id = p_team)
     GROUP BY c.team_id, c.seq, c.delta, c.lot_id
    HAVING coalesce(sum(d.amount), 0) <> CASE WHEN c.lot_id IS NULL THEN -c.delta ELSE 0 END
$$;

-- What is wrong between a team's ledger and what is kept beside it: wallet, lots, budgets, workspaces.
CREATE FUNCTION check_wallets(p_team bigint) RETURNS TABLE (team_id bigint, wrong text)
LANGUAGE sql STABLE AS $$
    SELECT w.team_id, problem.wrong
      FROM wallet w
      JOIN team t ON t.id = w.team_id
      LEFT JOIN (SELECT e.team_id, sum(e.delta) AS balance, sum(e.held_delta) AS held, max(e.seq) AS seq FROM entry e
                  WHERE p_team IS NULL OR e.team_id = p_team GROUP BY e.team_id) l ON l.team_id = w.team_id
      LEFT JOIN (SELECT o.team_id, sum(o.remaining) AS remaining FROM lot o
                  WHERE p_team IS NULL OR o.team_id = p_team GROUP BY o.team_id) o ON o.team_id = w.team_id
      CROSS JOIN LATERAL (VALUES
          (w.balance <> coalesce(l.balance, 0), 'balance is ' || w.balance || ', its ledger says ' || coalesce(l.balance, 0)),
          (w.held <> coalesce(l.held, 0), 'held is ' || w.held || ', its ledger says ' || coalesce(l.held, 0)),
          (w.seq <> coalesce(l.seq, 0), 'sequence is at ' || w.seq || ', its ledger ends at ' || coalesce(l.seq, 0)),
          (w.balance <> coalesce(o.remaining, 0) + w.lot_left,
           'balance is ' || w.balance || ', its lots hold ' || coalesce(o.remaining, 0) + w.lot_left),
          ((w.gates & 2 <> 0) <> (t.joined_to IS NOT NULL), 'its wallet and its team differ on whether it is joined'),
          ((w.gates & 4 <> 0) <> EXISTS (SELECT 1 FROM budget b WHERE b.team_id = w.team_id),
           'its wallet does not know of its budgets'),
          ((w.gates & 8 <> 0) <> (t.approval_above IS NOT NULL), 'its wallet does not know of its approval threshold')
      ) problem (is_wrong, wrong)
     WHERE problem.is_wrong AND (p_team IS NULL OR w.team_id = p_team)
    UNION ALL
    SELECT t.id, 'it has no wallet' FROM team t
     WHERE NOT EXISTS (SELECT 1 FROM wallet w WHERE w.team_id = t.id) AND (p_team IS NULL OR t.id = p_team)
    UNION ALL
    SELECT s.home_team_id, 'workspace ' || s.platform || ' ' || s.installation || ' spends from another team than its home'
      FROM workspace s
     WHERE s.team_id <> team_spends_as(s.home_team_id) AND (p_team IS NULL OR s.home_team_id = p_team)
    UNION ALL
    SELECT DISTINCT e.team_id, 'entries of a team that does not exist' FROM entry e
     WHERE NOT EXISTS (SELECT 1 FROM team t WHERE t.id = e.team_id) AND (p_team IS NULL OR e.team_id = p_team)
    UNION ALL
    SELECT l.team_id, 'lot ' || l.id || ' holds more than it was given'
      FROM lot l LEFT JOIN wallet w ON w.team_id = l.team_id AND w.lot_id = l.id
     WHERE l.remaining + coalesce(w.lot_left, 0) > l.granted AND (p_team IS NULL OR l.team_id = p_team)
    UNION ALL
    SELECT b.team_id, 'budget of ' || b.scope || ' ' || b.subject || ' for the ' || b.period || ' counts ' || b.spent
           || ', its ledger says ' || budget_count(b.team_id, b.scope, b.subject, b.period, b.starts_at)
      FROM budget b
     WHERE b.subject <> '*' AND b.spent <> budget_count(b.team_id, b.scope, b.subject, b.period, b.starts_at)
       AND (p_team IS NULL OR b.team_id = p_team)
$$;

-- One row for each team that is wrong (of all, or p_team), naming what; up to 20 findings each.
CREATE FUNCTION check_ledger(p_team bigint DEFAULT NULL) RETURNS TABLE (team_id bigint, wrong text[])
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN QUERY
    SELECT f.team_id, (array_agg(f.wrong ORDER BY f.part, f.wrong))[1:20] FROM (
        SELECT 1 AS part, c.* FROM check_wallets(p_team) c
        UNION ALL SELECT 2, c.* FROM check_entries(p_team) c
        UNION ALL SELECT 3, c.* FROM check_keys(p_team) c) f
     GROUP BY f.team_id ORDER BY f.team_id;
END
$$;

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

-- migrate:down
