-- migrate:up

-- The rules of a workspace: who may ask for which video, where, how often; and what was refused by them.

-- A function may name what a later file makes.
SET LOCAL check_function_bodies = off;

-- Every change of a rule is a row, and rows are never changed: the newest row of a kind and a subject holds, and all of them
-- together are the log. value NULL: the rule was taken back. What kinds and values there are is said in
-- core/domain/rules/kinds.py. author is a member's number; 0 is whoever runs the service.
CREATE TABLE rules (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    platform     text NOT NULL,
    installation text NOT NULL,
    kind         text NOT NULL,
    subject      text NOT NULL DEFAULT '',
    value        jsonb,
    author       bigint NOT NULL,
    at           timestamptz NOT NULL DEFAULT nd_now(),
    FOREIGN KEY (platform, installation) REFERENCES workspace (platform, installation)
);

CREATE INDEX rules_newest ON rules (platform, installation, kind, subject, id DESC);
CREATE INDEX rules_of ON rules (platform, installation, id);

-- How often a workspace's rules have refused something, by day and kind: numbers for its managers, nobody's words.
CREATE TABLE rule_refusals (
    platform     text NOT NULL,
    installation text NOT NULL,
    day          date NOT NULL,
    kind         text NOT NULL,
    times        integer NOT NULL DEFAULT 1,
    PRIMARY KEY (platform, installation, day, kind)
);

-- The rules that held in a workspace after one of its changes; NULL: those that hold.
CREATE FUNCTION rules_as_of(p_platform text, p_installation text, p_revision bigint) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object('id', n.id, 'kind', n.kind, 'subject', n.subject, 'value', n.value,
                                                 'author', m.user_id, 'at', extract(epoch FROM n.at))), '[]')
      FROM (SELECT DISTINCT ON (r.kind, r.subject) r.* FROM rules r
             WHERE r.platform = p_platform AND r.installation = p_installation
               AND (p_revision IS NULL OR r.id <= p_revision)
             ORDER BY r.kind, r.subject, r.id DESC) n
      LEFT JOIN member m ON m.id = n.author
     WHERE n.value IS NOT NULL
$$;

-- The rules that hold in a workspace, with the number of the newest change and what its settings say.
CREATE FUNCTION rules_at(p_platform text, p_installation text, OUT revision bigint, OUT fallback text, OUT outsiders text,
    OUT rules jsonb)
LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT max(r.id) FROM rules r WHERE r.platform = p_platform AND r.installation = p_installation), 0),
           coalesce((SELECT s.fallback FROM workspace_settings s
                      WHERE s.platform = p_platform AND s.installation = p_installation), 'any'),
           coalesce((SELECT s.outsiders FROM workspace_settings s
                      WHERE s.platform = p_platform AND s.installation = p_installation), 'nobody'),
           rules_as_of(p_platform, p_installation, NULL)
$$;

-- The value of a rule that holds, by its kind and subject; null where there is none.
CREATE FUNCTION rule_now(p_platform text, p_installation text, p_kind text, p_subject text) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT r.value FROM rules r
     WHERE r.platform = p_platform AND r.installation = p_installation AND r.kind = p_kind AND r.subject = p_subject
     ORDER BY r.id DESC LIMIT 1
$$;

-- Writes a change of a rule down, unless it is so already. False: nothing has changed.
CREATE FUNCTION set_rule(p_platform text, p_installation text, p_kind text, p_subject text, p_value jsonb, p_author bigint)
    RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_now jsonb;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('rules:' || p_platform || chr(31) || p_installation, 0));
    SELECT r.value INTO v_now FROM rules r
     WHERE r.platform = p_platform AND r.installation = p_installation AND r.kind = p_kind AND r.subject = p_subject
     ORDER BY r.id DESC LIMIT 1;
    IF v_now IS NOT DISTINCT FROM p_value THEN
        RETURN false;
    END IF;
    INSERT INTO rules (platform, installation, kind, subject, value, author)
    VALUES (p_platform, p_installation, p_kind, p_subject, p_value, p_author);
    RETURN true;
END
$$;

-- What a person has used of their allowances: of today (UTC), and what is open now. A video that failed or was cancelled counts
-- no more, and of one that is made counts what it has cost. Several takes are one request.
CREATE FUNCTION allowance_used(p_platform text, p_installation text, p_user text,
    OUT videos bigint, OUT credits bigint, OUT open bigint, OUT since_s double precision)
LANGUAGE sql STABLE AS $$
    SELECT count(*) FILTER (WHERE g.created_at >= period_start('day', nd_now())
                              AND coalesce(g.outcome, 'succeeded') = 'succeeded'),
           coalesce(sum(coalesce(g.settled, g.consumed)) FILTER (WHERE g.created_at >= period_start('day', nd_now())), 0)::bigint,
           count(DISTINCT coalesce(g.take_of, g.id)) FILTER (WHERE g.state IN ('asking', 'queued', 'rendering', 'storing')),
           extract(epoch FROM nd_now() - max(g.created_at))::double precision
      FROM generations g
     WHERE g.platform = p_platform AND g.installation = p_installation AND g.user_id = p_user
       AND g.created_at > nd_now() - interval '3 days'
$$;

-- submit_generation under the rules of a workspace, as they were decided upon: p_revision is the newest change that was known
-- then, and p_decided_fallback and p_decided_outsiders what was chosen. Whoever decides may so remember them: what is not so any
-- more is decided anew. What is counted is counted here, one person's requests after another, so that no two can use the same allowance.
-- p_allowance: {"videos_per_day": n, "credits_per_day": n, "open_most": n, "wait_s": n}, each only where there is a limit.
-- status: beyond (an allowance would be overrun; used says what is used of all of them, needed what this one wants), changed
-- (the rules are other ones by now: decide again), or what submit_generation answers. p_asked_by and the locales are what the
-- cards about it need to know of the person and of the place. has_gallery: the workspace has one, for what is shown.
CREATE FUNCTION submit_ruled_generation(
    p_id uuid, p_platform text, p_installation text, p_user text, p_channel text, p_place text, p_request jsonb, p_tier text,
    p_plans jsonb, p_free_amount bigint, p_free_period interval, p_start_by interval, p_approve_by interval,
    p_owner text, p_lease interval, p_root_key uuid, p_progress_key uuid, p_undelivered_most integer,
    p_revision bigint, p_decided_fallback text, p_decided_outsiders text, p_allowance jsonb, p_asked_by text, p_locale text,
    p_place_locale text, p_begin_in interval,
    OUT status text, OUT balance bigint, OUT fallback text, OUT root_id bigint, OUT root_at timestamptz, OUT used jsonb,
    OUT has_gallery boolean
)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    u record;
    v_needed bigint;
    v_outsiders text;
BEGIN
    SELECT s.fallback, s.outsiders INTO fallback, v_outsiders FROM workspace_settings s
     WHERE s.platform = p_platform AND s.installation = p_installation;
    fallback := coalesce(fallback, 'any');
    IF p_decided_fallback <> fallback OR p_decided_outsiders <> coalesce(v_outsiders, 'nobody')
       OR p_revision <> (SELECT coalesce(max(r.id), 0) FROM rules r
                          WHERE r.platform = p_platform AND r.installation = p_installation) THEN
        status := 'changed';
        RETURN;
    END IF;
    IF p_allowance <> '{}' THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(
            'allowance:' || p_platform || chr(31) || p_installation || chr(31) || p_user, 0));
        v_needed := (p_plans -> fallback ->> 'credits')::bigint;
        SELECT * INTO u FROM allowance_used(p_platform, p_installation, p_user);
        -- The one that was asked for already is not counted against itself: submit_generation finds it.
        IF NOT EXISTS (SELECT 1 FROM generations g WHERE g.id = p_id) AND (
               u.videos + 1 > (p_allowance ->> 'videos_per_day')::bigint
            OR u.credits + v_needed > (p_allowance ->> 'credits_per_day')::bigint
            OR u.open + 1 > (p_allowance ->> 'open_most')::bigint
            OR u.since_s < (p_allowance ->> 'wait_s')::double precision) THEN
            status := 'beyond';
            used := to_jsonb(u) || jsonb_build_object('needed', v_needed,
                'resets_s', extract(epoch FROM period_start('day', nd_now()) + interval '1 day' - nd_now()));
            RETURN;
        END IF;
    END IF;
    SELECT s.status, s.balance, s.fallback, s.root_id, s.root_at INTO status, balance, fallback, root_id, root_at
      FROM submit_generation(p_id, p_platform, p_installation, p_user, p_channel, p_place, p_request, p_tier, p_plans,
                             p_free_amount, p_free_period, p_start_by, p_approve_by, p_owner, p_lease, p_root_key,
                             p_progress_key, p_undelivered_most, p_begin_in) s;
    IF root_id IS NOT NULL THEN
        IF p_asked_by IS NOT NULL OR p_locale IS NOT NULL OR p_place_locale IS NOT NULL THEN
            UPDATE generations g SET asked_by = p_asked_by, locale = p_locale, place_locale = p_place_locale
             WHERE g.id = p_id;
        END IF;
        has_gallery := EXISTS (SELECT FROM gallery y WHERE y.platform = p_platform AND y.installation = p_installation);
    END IF;
END
$$;

-- submit_ruled_generation for many of one workspace, in one transaction: its wallet is locked and committed once for all of
-- them, however many ask at a moment. Answers as so many single calls in this order would, each with its n.
-- Locks are taken in the order of a single call: all allowances, then what makes a member, then the wallet, then the limits of
-- the platform. p_asked: an object for each, with the parameters of submit_ruled_generation by name, and spends: the limits that
-- its root message counts against, see spend_budgets.
CREATE FUNCTION submit_ruled_generations(p_asked jsonb)
    RETURNS TABLE (n integer, status text, balance bigint, fallback text, root_id bigint, root_at timestamptz, used jsonb,
                   has_gallery boolean)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_lock bigint;
    v_user record;
    v_written integer[] := '{}';
BEGIN
    IF jsonb_array_length(p_asked) > 1 THEN
        FOR v_lock IN
            SELECT DISTINCT hashtextextended('allowance:' || a.platform || chr(31) || a.installation || chr(31) || a."user", 0)
              FROM jsonb_to_recordset(p_asked) AS a (platform text, installation text, "user" text, allowance jsonb)
             WHERE a.allowance <> '{}' ORDER BY 1
        LOOP
            PERFORM pg_advisory_xact_lock(v_lock);
        END LOOP;
        FOR v_user IN
            SELECT DISTINCT a.platform, a.installation, a."user" AS name, a.free_amount, a.free_period
              FROM jsonb_to_recordset(p_asked) AS a (platform text, installation text, "user" text, free_amount bigint,
                                                     free_period interval)
             ORDER BY 1, 2, 3
        LOOP
            PERFORM ensure_member(v_user.platform, v_user.installation, v_user.name, v_user.free_amount, v_user.free_period);
        END LOOP;
    END IF;
    FOR n, status, balance, fallback, root_id, root_at, used, has_gallery IN
        SELECT a.n, s.status, s.balance, s.fallback, s.root_id, s.root_at, s.used, s.has_gallery
          FROM jsonb_to_recordset(p_asked) AS a (
                   n integer, id uuid, platform text, installation text, "user" text, channel text, place text, request jsonb,
                   tier text, plans jsonb, free_amount bigint, free_period interval, start_by_s double precision,
                   approve_by_s double precision, owner text, lease_s double precision, root_key uuid, progress_key uuid,
                   undelivered_most integer, revision bigint, decided_fallback text, decided_outsiders text, allowance jsonb,
                   asked_by text, locale text, place_locale text, begin_in_s double precision),
               LATERAL submit_ruled_generation(
                   a.id, a.platform, a.installation, a."user", a.channel, a.place, a.request, a.tier, a.plans, a.free_amount,
                   a.free_period, make_interval(secs => a.start_by_s), make_interval(secs => a.approve_by_s), a.owner,
                   make_interval(secs => a.lease_s), a.root_key, a.progress_key, a.undelivered_most, a.revision,
                   a.decided_fallback, a.decided_outsiders, a.allowance, a.asked_by, a.locale, a.place_locale,
                   make_interval(secs => a.begin_in_s)) s
    LOOP
        IF root_id IS NOT NULL THEN
            v_written := v_written || n;
        END IF;
        RETURN NEXT;
    END LOOP;
    PERFORM spend_budgets((
        SELECT jsonb_agg(spend) FROM jsonb_to_recordset(p_asked) AS a (n integer, spends jsonb),
               LATERAL jsonb_array_elements(a.spends) spend
         WHERE a.n = ANY (v_written)));
END
$$;

-- Counts a refusal by a rule.
CREATE FUNCTION count_rule_refusal(p_platform text, p_installation text, p_kind text) RETURNS void
LANGUAGE sql VOLATILE AS $$
    INSERT INTO rule_refusals AS r (platform, installation, day, kind)
    VALUES (p_platform, p_installation, (nd_now() AT TIME ZONE 'UTC')::date, p_kind)
    ON CONFLICT (platform, installation, day, kind) DO UPDATE SET times = r.times + 1
$$;

-- Writes down for all workspaces of a team what whoever runs the service has changed.
CREATE FUNCTION note_operators_change(p_team bigint, p_kind text, p_value jsonb) RETURNS void
LANGUAGE sql VOLATILE AS $$
    SELECT set_rule(w.platform, w.installation, p_kind, '', p_value, 0)
      FROM (SELECT o.platform, o.installation FROM workspace o WHERE o.team_id = p_team ORDER BY 1, 2) w
$$;

-- Every change of a workspace's rules, the newest first, each with what held before it. p_before: only those before this one.
CREATE FUNCTION rule_log(p_platform text, p_installation text, p_before bigint, p_limit integer)
    RETURNS TABLE (id bigint, kind text, subject text, before jsonb, value jsonb, author text, at timestamptz,
                   is_operators boolean)
LANGUAGE sql STABLE AS $$
    SELECT r.id, r.kind, r.subject,
           (SELECT o.value FROM rules o WHERE o.platform = r.platform AND o.installation = r.installation AND o.kind = r.kind
                                          AND o.subject = r.subject AND o.id < r.id ORDER BY o.id DESC LIMIT 1),
           r.value, m.user_id, r.at, r.author = 0
      FROM rules r LEFT JOIN member m ON m.id = r.author
     WHERE r.platform = p_platform AND r.installation = p_installation AND (p_before IS NULL OR r.id < p_before)
     ORDER BY r.id DESC LIMIT p_limit
$$;

-- What was asked for in a workspace this month (UTC), a row for each video, the oldest first. credits: what it has cost, or what
-- is held for it; total: how many there are, of which p_limit are returned.
CREATE FUNCTION workspace_usage(p_platform text, p_installation text, p_limit integer)
    RETURNS TABLE (asked_at timestamptz, user_id text, channel text, tier text, provider text, outcome text, credits bigint,
                   total bigint)
LANGUAGE sql STABLE AS $$
    SELECT g.created_at, g.user_id, g.channel, g.tier, a.provider, coalesce(g.outcome, g.state), coalesce(g.settled, g.consumed),
           count(*) OVER ()
      FROM generations g LEFT JOIN attempts a ON a.generation_id = g.id AND a.n = g.winner_attempt
     WHERE g.platform = p_platform AND g.installation = p_installation
       AND g.created_at >= period_start('month', nd_now())
     ORDER BY g.created_at LIMIT p_limit
$$;

-- The same summed up, all of it: a row for each member, channel, tier, provider, and tier of a day, and one for the month
-- ("all"). What nobody can name is ''.
CREATE FUNCTION workspace_usage_sums(p_platform text, p_installation text)
    RETURNS TABLE (summed_by text, name text, day date, videos bigint, credits bigint)
LANGUAGE sql STABLE AS $$
    WITH made AS (
        SELECT coalesce(g.user_id, '') AS member, coalesce(g.channel, '') AS channel, g.tier, coalesce(a.provider, '') AS provider,
               (g.created_at AT TIME ZONE 'UTC')::date AS day, coalesce(g.settled, g.consumed) AS credits
          FROM generations g LEFT JOIN attempts a ON a.generation_id = g.id AND a.n = g.winner_attempt
         WHERE g.platform = p_platform AND g.installation = p_installation
           AND g.created_at >= period_start('month', nd_now()))
    SELECT CASE WHEN grouping(m.member) = 0 THEN 'member' WHEN grouping(m.channel) = 0 THEN 'channel'
                WHEN grouping(m.provider) = 0 THEN 'provider' WHEN grouping(m.day) = 0 THEN 'day'
                WHEN grouping(m.tier) = 0 THEN 'tier' ELSE 'all' END,
           coalesce(m.member, m.channel, m.provider, m.tier, ''), m.day, count(*), coalesce(sum(m.credits), 0)::bigint
      FROM made m
     GROUP BY GROUPING SETS ((m.member), (m.channel), (m.provider), (m.day, m.tier), (m.tier), ())
$$;

-- The product's role may use what is new here.
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'neverdark_app') THEN
        PERFORM allow_product_role('neverdark_app');
    END IF;
END
$$;

-- migrate:down
