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

-- How long an address of a generation's video is good for: p_usual where its workspace says nothing; null: there is to be none.
CREATE FUNCTION link_lasts(p_generation uuid, p_usual interval) RETURNS interval
LANGUAGE sql STABLE AS $$
    SELECT CASE link_rule(p_generation) WHEN 'off' THEN NULL WHEN '24h' THEN interval '24 hours'
                                        WHEN '30d' THEN interval '30 days' ELSE p_usual END
$$;

-- When an address that was given out at p_created ends: as was said then, or sooner by a rule that was made since.
CREATE FUNCTION link_ends(p_generation uuid, p_created timestamptz, p_expires timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN lasts IS NULL THEN '-infinity' ELSE least(p_expires, p_created + lasts) END
      FROM link_lasts(p_generation, p_expires - p_created) lasts
$$;

-- migrate:down
