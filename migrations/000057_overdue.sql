-- migrate:up

-- Running attempts that should be done by now, as far as it has not been counted against their routes: 'p95' when older than
-- nineteen of twenty, 'very' when p_very times as old. Oldest first. How long an attempt usually takes at its route is what
-- history says of its kind, or else the route's guess (p_p95_s, in seconds, beside p_routes); other routes are left alone.
CREATE FUNCTION overdue_attempts(p_routes text[], p_p95_s double precision[], p_very double precision, p_limit integer)
RETURNS TABLE (generation_id uuid, n smallint, how_late text)
LANGUAGE sql STABLE AS $$
    WITH clock AS MATERIALIZED (SELECT nd_now() AS now), routes AS MATERIALIZED (
        SELECT r.route, r.p95_s,
               least(r.p95_s, (SELECT min(l.p95_s) FROM provider_latency_learned l WHERE l.route = r.route)) AS least_s
          FROM unnest(p_routes, p_p95_s) AS r (route, p95_s)
    ), old AS (
        -- Most are younger than any kind's p95: what kind they are of is not asked.
        SELECT a.generation_id, a.n, a.route, a.fitted, a.accepted_at, r.p95_s,
               extract(epoch FROM c.now - a.accepted_at)::double precision AS age_s
          FROM attempts a JOIN routes r ON r.route = a.route CROSS JOIN clock c
         WHERE a.state = 'accepted' AND a.accepted_at < c.now - r.least_s * interval '1 s'
    ), late AS (
        SELECT o.generation_id, o.n, o.accepted_at,
               CASE WHEN o.age_s > p_very * coalesce(l.p95_s, o.p95_s) THEN 'very' ELSE 'p95' END AS how_late
          FROM old o LEFT JOIN provider_latency_learned l
            ON l.route = o.route AND l.duration_s = (o.fitted->>'duration_s')::smallint
           AND l.lines = (o.fitted->>'lines')::smallint
           AND l.operation = CASE WHEN (o.fitted->>'framed')::boolean THEN 'image' ELSE 'text' END
         WHERE o.age_s > coalesce(l.p95_s, o.p95_s)
    )
    SELECT late.generation_id, late.n, late.how_late FROM late
     WHERE NOT EXISTS (SELECT 1 FROM provider_health_applied h
                        WHERE h.generation_id = late.generation_id AND h.n = late.n AND h.kind = 'overdue_' || late.how_late)
     ORDER BY late.accepted_at LIMIT p_limit
$$;

-- migrate:down
