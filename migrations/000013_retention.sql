-- migrate:up

-- Erasing people, and deleting what is older than its workspace keeps it.

-- A function may name what a later file makes.
SET LOCAL check_function_bodies = off;

-- Members who asked to be erased, by the number that the ledger knows them by; open until all they asked for is scrubbed.
CREATE TABLE erasure (
    member_id bigint PRIMARY KEY,
    asked_at  timestamptz NOT NULL DEFAULT nd_now(),
    done_at   timestamptz
);

CREATE INDEX erasure_open ON erasure (member_id) WHERE done_at IS NULL;

-- Gives a workspace another name, wherever it is written down: that of a person's direct messages is the person's own.
CREATE FUNCTION rename_workspace(p_platform text, p_installation text, p_new text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO workspace (platform, installation, team_id, home_team_id, created_at)
    SELECT platform, p_new, team_id, home_team_id, created_at FROM workspace
     WHERE platform = p_platform AND installation = p_installation;
    UPDATE member SET installation = p_new WHERE platform = p_platform AND installation = p_installation;
    UPDATE workspace_settings SET installation = p_new WHERE platform = p_platform AND installation = p_installation;
    UPDATE joining SET installation = p_new WHERE platform = p_platform AND installation = p_installation;
    UPDATE rules SET installation = p_new WHERE platform = p_platform AND installation = p_installation;
    UPDATE rule_refusals SET installation = p_new WHERE platform = p_platform AND installation = p_installation;
    UPDATE purchase SET installation = p_new WHERE platform = p_platform AND installation = p_installation;
    UPDATE showing SET installation = p_new WHERE platform = p_platform AND installation = p_installation;
    UPDATE contest SET installation = p_new WHERE platform = p_platform AND installation = p_installation;
    UPDATE announcement SET installation = p_new WHERE platform = p_platform AND installation = p_installation;
    UPDATE gallery SET installation = p_new WHERE platform = p_platform AND installation = p_installation;
    UPDATE arrival SET installation = p_new WHERE platform = p_platform AND installation = p_installation;
    DELETE FROM channel_trouble WHERE platform = p_platform AND installation = p_installation;
    UPDATE link_code SET used_installation = p_new WHERE used_platform = p_platform AND used_installation = p_installation;
    UPDATE generations SET installation = p_new WHERE platform = p_platform AND installation = p_installation;
    DELETE FROM alert WHERE platform = p_platform AND installation = p_installation;
    UPDATE team SET alert_platform = NULL, alert_installation = NULL, alert_channel = NULL
     WHERE alert_platform = p_platform AND alert_installation = p_installation;
    DELETE FROM workspace WHERE platform = p_platform AND installation = p_installation;
END
$$;

-- Forgets who a person is, in one workspace or in all of a platform, and remembers that what they asked for has to go.
-- Drafts and planned videos go at once, and so do rules about them; their votes count on without a name. The ledger keeps
-- their number. Returns the generations of theirs that are not over yet.
CREATE FUNCTION begin_erasure(p_platform text, p_installation text, p_user text, OUT members integer, OUT live uuid[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    m member;
BEGIN
    members := 0;
    DELETE FROM drafts d WHERE d.platform = p_platform AND d.user_id = p_user
       AND (p_installation IS NULL OR d.installation = p_installation);
    DELETE FROM scheduled s WHERE s.platform = p_platform AND s.user_id = p_user
       AND (p_installation IS NULL OR s.installation = p_installation);
    DELETE FROM rules r WHERE r.platform = p_platform AND r.subject = p_user
       AND r.kind IN ('person', 'budget_member_day', 'budget_member_month')
       AND (p_installation IS NULL OR r.installation = p_installation);
    DELETE FROM purchase_intent i WHERE i.platform = p_platform AND i.user_id = p_user
       AND (p_installation IS NULL OR i.installation = p_installation);
    UPDATE purchase b SET buyer = NULL WHERE b.platform = p_platform AND b.buyer = p_user
       AND (p_installation IS NULL OR b.installation = p_installation);
    -- Who has installed an app is a fact of the installation.
    UPDATE app_installation i SET facts = jsonb_set(i.facts, '{user_id}', '""') WHERE i.platform = p_platform
       AND i.facts ->> 'user_id' = p_user AND (p_installation IS NULL OR i.installation = p_installation);
    UPDATE vote v SET user_id = 'erased:' || gen_random_uuid() FROM showing w
     WHERE w.generation_id = v.generation_id AND w.platform = p_platform AND v.user_id = p_user
       AND (p_installation IS NULL OR w.installation = p_installation);
    UPDATE showing w SET user_id = NULL WHERE w.platform = p_platform AND w.user_id = p_user
       AND (p_installation IS NULL OR w.installation = p_installation);
    DELETE FROM presses p WHERE right(p.button, length(p_user) + 1) = ':' || p_user;
    FOR m IN SELECT * FROM member o WHERE o.platform = p_platform AND o.user_id = p_user
                AND (p_installation IS NULL OR o.installation = p_installation) ORDER BY o.id FOR UPDATE LOOP
        members := members + 1;
        INSERT INTO erasure (member_id) VALUES (m.id) ON CONFLICT (member_id) DO UPDATE SET done_at = NULL;
        PERFORM erase_member(m.platform, m.installation, p_user);
        DELETE FROM link_code WHERE member_id = m.id;
        UPDATE generations SET user_id = NULL WHERE member_id = m.id AND user_id IS NOT NULL;
        IF m.installation = p_user OR right(m.installation, length(p_user) + 1) = ':' || p_user THEN
            PERFORM rename_workspace(m.platform, m.installation, 'erased:' || m.id);
        END IF;
    END LOOP;
    SELECT coalesce(array_agg(g.id), '{}') INTO live FROM generations g JOIN erasure e ON e.member_id = g.member_id
     WHERE e.done_at IS NULL AND g.platform = p_platform AND g.state <> 'done';
END
$$;

-- Whether an attempt may still bring something.
CREATE FUNCTION has_open_attempts(p_generation uuid) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM attempts a WHERE a.generation_id = p_generation
                    AND a.state IN ('intended', 'accepted', 'ambiguous', 'late') AND a.wake_at IS NOT NULL)
$$;

-- The keys of all pictures that people gave for a request: first and last frame, and references.
CREATE FUNCTION pictures_of_request(p_request jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE AS $$
    SELECT array_remove(ARRAY[p_request ->> 'first_frame', p_request ->> 'last_frame'], NULL)
        || ARRAY(SELECT jsonb_array_elements_text(coalesce(p_request -> 'references', '[]')))
$$;

-- Up to so many generations that have to be scrubbed: of erased members first, then what is too old. p_days is for workspaces
-- that have not chosen. One that was emptied while an attempt was open comes again when that has ended.
CREATE FUNCTION to_be_scrubbed(p_days integer, p_limit integer) RETURNS TABLE (id uuid, pictures text[])
LANGUAGE sql STABLE AS $$
    SELECT found.id, pictures_of_request(found.request)
      FROM ((SELECT g.id, g.request FROM erasure e JOIN generations g ON g.member_id = e.member_id
              WHERE e.done_at IS NULL AND g.state = 'done' AND g.scrubbed_at IS NULL
                AND (g.request ->> 'prompt' <> '' OR NOT has_open_attempts(g.id))
              ORDER BY g.id LIMIT p_limit)
            UNION
            (SELECT g.id, g.request FROM generations g
               LEFT JOIN workspace_settings s ON s.platform = g.platform AND s.installation = g.installation
              WHERE g.state = 'done' AND g.scrubbed_at IS NULL
                AND g.done_at < nd_now() - make_interval(days => least(p_days, (SELECT min(keep_days) FROM workspace_settings)))
                AND g.done_at < nd_now() - make_interval(days => coalesce(s.keep_days, p_days))
                AND (g.request ->> 'prompt' <> '' OR NOT has_open_attempts(g.id))
              ORDER BY g.done_at LIMIT p_limit)) found
     LIMIT p_limit
$$;

-- Whether a picture belongs to another generation that is kept, or to one that is planned: the same picture is stored once.
CREATE FUNCTION picture_is_needed(p_key text, p_except uuid) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM generations g WHERE g.scrubbed_at IS NULL AND g.id <> p_except
                    AND g.request ->> 'first_frame' IS NOT NULL AND g.request ->> 'first_frame' = p_key)
        OR EXISTS (SELECT 1 FROM generations g WHERE g.scrubbed_at IS NULL AND g.id <> p_except
                    AND g.request ->> 'last_frame' IS NOT NULL AND g.request ->> 'last_frame' = p_key)
        OR EXISTS (SELECT 1 FROM generations g WHERE g.scrubbed_at IS NULL AND g.id <> p_except
                    AND g.request -> 'references' <> '[]' AND g.request -> 'references' ? p_key)
        OR EXISTS (SELECT 1 FROM scheduled s WHERE s.state = 'waiting'
                    AND p_key = ANY (pictures_of_request(s.command -> 'request')))
$$;

-- Takes all that people gave, or that was made for them, out of a generation that is over. What is left of the request is what
-- the figures need. Its files are deleted before.
CREATE FUNCTION scrub_generation(p_id uuid) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE generations g SET
        request = jsonb_build_object('prompt', '', 'tier', g.request -> 'tier', 'aspect', g.request -> 'aspect',
                                     'duration_s', g.request -> 'duration_s', 'audio', g.request -> 'audio'),
        clip = NULL, plan = NULL, reason = '{}', place = '', thread = NULL, channel = NULL, version = version + 1,
        scrubbed_at = CASE WHEN NOT has_open_attempts(g.id) THEN nd_now() END
     WHERE g.id = p_id AND g.state = 'done';
    IF NOT FOUND THEN
        RETURN;
    END IF;
    UPDATE attempts SET result = NULL, error_detail = NULL, clip = NULL,
           provider_task_id = CASE WHEN wake_at IS NOT NULL THEN provider_task_id END
     WHERE generation_id = p_id;
    UPDATE deliveries SET memory = '{}', digest = NULL, thread = NULL, message_id = NULL, wake_at = NULL,
           state = CASE WHEN state = 'due' THEN 'gone' ELSE state END
     WHERE generation_id = p_id;
    UPDATE step_log SET facts = '{}' WHERE generation_id = p_id AND facts <> '{}';
    DELETE FROM clip_link WHERE generation_id = p_id;
    DELETE FROM alert WHERE generation_id = p_id;
END
$$;

-- Closes the erasures of which nothing is left to do; returns how many of what was asked for is not scrubbed yet.
CREATE FUNCTION close_erasures() RETURNS bigint
LANGUAGE sql VOLATILE AS $$
    UPDATE erasure e SET done_at = nd_now() WHERE e.done_at IS NULL
       AND NOT EXISTS (SELECT 1 FROM generations g WHERE g.member_id = e.member_id AND g.scrubbed_at IS NULL);
    SELECT count(*) FROM generations g JOIN erasure e ON e.member_id = g.member_id
     WHERE e.done_at IS NULL AND g.scrubbed_at IS NULL
$$;

-- migrate:down
