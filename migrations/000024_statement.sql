-- migrate:up

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

-- One line of a statement; see credit_statement.
CREATE TYPE statement_line AS (
    seq bigint, at timestamptz, kind entry_kind, key uuid, member_id bigint, actor_id bigint, channel text, note text,
    taken bigint, given_back bigint, amount bigint, held bigint, balance_after bigint, settled_at timestamptz, why text,
    booked boolean);

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
-- comes back of a consume is booked after it, so one walk over the ledger from p_from on finds all of it.
CREATE FUNCTION credit_use(p_team bigint, p_from timestamptz, p_to timestamptz)
    RETURNS TABLE (day date, member_id bigint, note text, generations bigint, spent bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_seq bigint := entry_seq_since(p_team, p_from);
BEGIN
    RETURN QUERY
    SELECT (c.at AT TIME ZONE 'UTC')::date, c.member_id, c.note, count(*),
           sum(-c.delta - coalesce(b.back, 0))::bigint
      FROM entry c
      LEFT JOIN (SELECT r.key, sum(r.delta) AS back FROM entry r
                  WHERE r.team_id = p_team AND r.seq >= v_seq AND r.leg >= 1 GROUP BY r.key) b ON b.key = c.key
     WHERE c.team_id = p_team AND c.seq >= v_seq AND c.kind = 'consume' AND c.at >= p_from AND c.at < p_to
     GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
END
$$;

-- migrate:down
