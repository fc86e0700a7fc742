-- migrate:up

-- Which addresses of videos a workspace's rules leave.

-- A function may name what a later file makes.
SET LOCAL check_function_bodies = off;

-- What the rules of a generation's workspace say of its public address: off, 24h, 30d; null where they say nothing.
CREATE FUNCTION link_rule(p_generation uuid) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN EXISTS (SELECT 1 FROM (SELECT r.value FROM rules r
                              WHERE r.platform = g.platform AND r.installation = g.installation AND r.kind = 'no_links'
                                AND r.subject = g.channel ORDER BY r.id DESC LIMIT 1) n WHERE n.value IS NOT NULL) THEN 'off'
                ELSE (SELECT r.value #>> '{}' FROM rules r
                       WHERE r.platform = g.platform AND r.installation = g.installation AND r.kind = 'links' AND r.subject = ''
                       ORDER BY r.id DESC LIMIT 1) END
      FROM generations g WHERE g.id = p_generation
$$;

-- migrate:down
