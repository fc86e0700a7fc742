-- migrate:up

-- For a chain of providers: who waits for nothing but them, and would be served before one more of this workspace; and what
-- each of their routes takes. A team is served as often as it has fewer under way than others, so those of other teams count
-- up to this team's own number. It is a lower bound: what is running, and what may also go elsewhere, is left out.
CREATE FUNCTION waiting_ahead(p_platform text, p_installation text, p_chain text[]) RETURNS bigint
LANGUAGE sql STABLE AS $$
    WITH by_team AS (
        SELECT g.team_id, count(*) AS n FROM generations g
         WHERE g.state = 'queued' AND g.cancel_requested_at IS NULL AND g.chain <@ p_chain
         GROUP BY g.team_id
    ), own AS (
        SELECT coalesce((SELECT b.n FROM by_team b JOIN workspace w ON w.team_id = b.team_id
                          WHERE w.platform = p_platform AND w.installation = p_installation), 0) AS n
    )
    SELECT coalesce(sum(least(b.n, own.n + 1)), 0)::bigint FROM by_team b, own
$$;

-- How many attempts each of these routes takes at once, how many submits a second (null: any), and how long one takes there
-- by history (null: it has none). One that is held takes nothing and is left out.
CREATE FUNCTION routes_rate(p_routes text[])
RETURNS TABLE (route text, slots integer, per_s double precision, takes_s double precision)
LANGUAGE sql STABLE AS $$
    SELECT h.route, h.slots, l.per_s, (SELECT min(p.p50_s) FROM provider_latency_learned p WHERE p.route = h.route)
      FROM provider_health h LEFT JOIN route_limits l USING (route)
     WHERE h.route = ANY (p_routes) AND NOT (h.state = 'held' AND (h.until IS NULL OR h.until > nd_now()))
$$;

-- migrate:down
