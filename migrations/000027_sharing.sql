-- migrate:up

-- Which addresses of videos a workspace's rules leave.

-- A function may name what a later file makes.
SET LOCAL check_function_bodies = off;

-- What the rules of a generation's workspace say of its public address: off, 24h, 30d; null where they say nothing. What was asked
-- for in a private channel has none, unless the workspace wants it so.
CREATE FUNCTION link_rule(p_generation uuid) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN rule_now(g.platform, g.installation, 'no_links', g.channel) IS NOT NULL THEN 'off'
                WHEN (g.request ->> 'is_private')::boolean
                     AND rule_now(g.platform, g.installation, 'private_links', '') IS NULL THEN 'off'
                ELSE rule_now(g.platform, g.installation, 'links', '') #>> '{}' END
      FROM generations g WHERE g.id = p_generation
$$;

-- migrate:down
