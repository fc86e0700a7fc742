-- migrate:up

-- Whether two workspaces are of one team now: the same one, or linked ones. Whoever names something by its id may know of
-- it only then.
CREATE FUNCTION same_team(p_platform text, p_installation text, p_other_platform text, p_other_installation text) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM workspace a JOIN workspace b ON b.team_id = a.team_id
                    WHERE a.platform = p_platform AND a.installation = p_installation
                      AND b.platform = p_other_platform AND b.installation = p_other_installation)
$$;

-- migrate:down
