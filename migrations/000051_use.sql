-- migrate:up

-- What generations that were asked for in [p_from, p_to) cost, less what came back, by day (UTC), member and note. What
-- comes back of a consume is booked after it, so one walk over the ledger from p_from on finds all of it. Each key is
-- summed up on its own: a join of the walk with itself is planned as a nested loop, and takes seconds on a busy team.
CREATE OR REPLACE FUNCTION credit_use(p_team bigint, p_from timestamptz, p_to timestamptz)
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

-- migrate:down
