-- PostgreSQL database dump

-- Name: budget_period; Type: TYPE; Schema: public; Owner: -

CREATE TYPE public.budget_period AS ENUM (
    'day',
    'month'
);

-- Name: budget_scope; Type: TYPE; Schema: public; Owner: -

CREATE TYPE public.budget_scope AS ENUM (
    'member',
    'channel',
    'team'
);

-- Name: credits; Type: DOMAIN; Schema: public; Owner: -

CREATE DOMAIN public.credits AS bigint
	CONSTRAINT credits_check CHECK ((VALUE >= 0));

-- Name: credits_moved; Type: TYPE; Schema: public; Owner: -

CREATE TYPE public.credits_moved AS (
	status text,
	balance bigint,
	held bigint
);

-- Name: entry_kind; Type: TYPE; Schema: public; Owner: -

CREATE TYPE public.entry_kind AS ENUM (
    'grant',
    'free',
    'consume',
    'settle',
    'refund',
    'expire',
    'move_out',
    'move_in',
    'gift'
);

-- Name: statement_line; Type: TYPE; Schema: public; Owner: -

CREATE TYPE public.statement_line AS (
	seq bigint,
	at timestamp with time zone,
	kind public.entry_kind,
	key uuid,
	member_id bigint,
	actor_id bigint,
	channel text,
	note text,
	taken bigint,
	given_back bigint,
	amount bigint,
	held bigint,
	balance_after bigint,
	settled_at timestamp with time zone,
	why text,
	booked boolean
);

-- Name: accept_attempt(uuid, bigint, integer, interval, jsonb, smallint, text, interval, interval, interval, interval, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.accept_attempt(p_id uuid, p_fence bigint, p_version integer, p_keep interval, p_line jsonb, p_n smallint, p_task text, p_first_poll interval, p_timeout interval, p_late interval, p_together interval, p_rest interval) RETURNS integer
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_version integer := transition_generation(
        p_id, p_fence, p_version, 'rendering', nd_now() + p_rest, CASE WHEN p_rest IS NULL THEN p_keep END,
        p_line => p_line, p_news => true
    );
BEGIN
    IF v_version IS NOT NULL THEN
        UPDATE attempts
           SET state = 'accepted', provider_task_id = p_task, accepted_at = nd_now(),
               wake_at = coalesce(
                   to_timestamp(ceil(extract(epoch FROM nd_now() + p_first_poll) / extract(epoch FROM p_together))
                                * extract(epoch FROM p_together)),
                   nd_now() + p_first_poll
               ),
               deadline_at = least(nd_now() + p_timeout, (SELECT window_ends FROM generations WHERE id = p_id)),
               watch_until = nd_now() + p_timeout + p_late
         WHERE generation_id = p_id AND n = p_n AND state IN ('intended', 'ambiguous');
    END IF;
    RETURN v_version;
END
$$;

-- Name: allow_product_role(name); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.allow_product_role(p_role name) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    thing record;
BEGIN
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    -- A backup that was restored without its privileges gives everybody each function.
    REVOKE EXECUTE ON FUNCTION allow_product_role(name) FROM PUBLIC;
    EXECUTE format('REVOKE CREATE ON SCHEMA public FROM %I', p_role);
    EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', p_role);
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %I', p_role);
    FOR thing IN
        SELECT c.oid::regclass AS name, CASE
                   WHEN c.relname = 'link_code' THEN NULL
                   WHEN c.relname = 'schema_migrations' OR c.relname = ANY (ledger_tables()) OR c.relkind = 'v' THEN 'SELECT'
                   ELSE 'SELECT, INSERT, UPDATE, DELETE' END AS rights
          FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND c.relowner = (
               SELECT r.oid FROM pg_roles r WHERE r.rolname = current_user) LOOP
        EXECUTE format('REVOKE ALL ON %s FROM %I', thing.name, p_role);
        IF thing.rights IS NOT NULL THEN
            EXECUTE format('GRANT %s ON %s TO %I', thing.rights, thing.name, p_role);
        END IF;
    END LOOP;
    FOR thing IN SELECT p.oid::regprocedure AS name FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner
                  WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace AND r.rolname = current_user LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', thing.name);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', thing.name, p_role);
    END LOOP;
END
$$;

-- Name: allowance_used(text, text, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.allowance_used(p_platform text, p_installation text, p_user text, OUT videos bigint, OUT credits bigint, OUT open bigint, OUT since_s double precision) RETURNS record
    LANGUAGE sql STABLE
    AS $$
    SELECT count(*) FILTER (WHERE g.created_at >= period_start('day', nd_now())
                              AND coalesce(g.outcome, 'succeeded') = 'succeeded'),
           coalesce(sum(coalesce(g.settled, g.consumed)) FILTER (WHERE g.created_at >= period_start('day', nd_now())), 0)::bigint,
           count(DISTINCT coalesce(g.take_of, g.id)) FILTER (WHERE g.state IN ('asking', 'queued', 'rendering', 'storing')),
           extract(epoch FROM nd_now() - max(g.created_at))::double precision
      FROM generations g
     WHERE g.platform = p_platform AND g.installation = p_installation AND g.user_id = p_user
       AND g.created_at > nd_now() - interval '3 days'
$$;

-- Name: answered_late(uuid, smallint, text, interval, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.answered_late(p_id uuid, p_n smallint, p_task text, p_timeout interval, p_late interval) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM 1 FROM generations WHERE id = p_id FOR NO KEY UPDATE;
    UPDATE attempts a
       SET state = CASE WHEN a.state = 'abandoned' OR g.winner_attempt IS NOT NULL OR g.outcome IS NOT NULL
                        THEN 'late' ELSE 'accepted' END,
           provider_task_id = p_task, accepted_at = nd_now(), wake_at = nd_now(), ended_at = NULL, settled = false,
           deadline_at = least(nd_now() + p_timeout, g.window_ends), watch_until = nd_now() + p_timeout + p_late
      FROM generations g
     WHERE g.id = p_id AND a.generation_id = p_id AND a.n = p_n AND a.provider_task_id IS NULL
       AND a.state IN ('intended', 'ambiguous', 'abandoned');
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM wake_generation(p_id);
    RETURN true;
END
$$;

-- Name: applied_migrations(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.applied_migrations() RETURNS SETOF text
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF to_regclass('schema_migrations') IS NOT NULL THEN
        RETURN QUERY SELECT version::text FROM schema_migrations;
    END IF;
END
$$;

-- Name: approve_generation(uuid, bigint, bigint, interval, bigint, jsonb, text[], jsonb); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.approve_generation(p_id uuid, p_team bigint, p_consumed bigint, p_start_by interval, p_by bigint, p_request jsonb, p_chain text[], p_prices jsonb) RETURNS integer
    LANGUAGE sql
    AS $$
    UPDATE generations
       SET state = 'queued', request = p_request, chain = p_chain, prices = p_prices, team_id = p_team, consumed = p_consumed, start_by = nd_now() + p_start_by, wake_at = nd_now(),
           lease_owner = NULL, lease_until = NULL, fence = fence + 1, claims = 0, version = version + 1,
           reason = '{}', decided_by = p_by, updated_at = nd_now()
     WHERE id = p_id AND state = 'asking'
    RETURNING version
$$;

-- Name: attempts_heed_hint(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.attempts_heed_hint() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.hinted := false;
    NEW.wake_at := nd_now();
    RETURN NEW;
END
$$;

-- Name: attempts_hold_slot(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.attempts_hold_slot() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NEW.state IN ('rejected', 'succeeded', 'failed') OR (NEW.state = 'abandoned' AND NEW.settled) THEN
        DELETE FROM provider_slots WHERE generation_id = NEW.generation_id AND n = NEW.n;
    ELSIF NEW.state IN ('accepted', 'late') THEN
        UPDATE provider_slots
           SET until = CASE WHEN counts_late THEN coalesce(NEW.watch_until, until) ELSE coalesce(NEW.deadline_at, until) END
         WHERE generation_id = NEW.generation_id AND n = NEW.n;
    END IF;
    RETURN NULL;
END
$$;

-- Name: begin_erasure(text, text, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.begin_erasure(p_platform text, p_installation text, p_user text, OUT members integer, OUT live uuid[]) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
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

-- Name: budget; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.budget (
    team_id bigint NOT NULL,
    scope public.budget_scope NOT NULL,
    subject text NOT NULL,
    period public.budget_period NOT NULL,
    cap public.credits,
    extra bigint DEFAULT 0 NOT NULL,
    spent bigint DEFAULT 0 NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    alerted_at timestamp with time zone
)
WITH (fillfactor='70');

-- Name: budget_alert_is_due(public.budget); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.budget_alert_is_due(b public.budget) RETURNS boolean
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    RETURN b.subject <> '*' AND b.spent > 0 AND b.alerted_at IS DISTINCT FROM b.starts_at
           AND b.starts_at >= period_start(b.period, nd_now()) AND b.spent * 5 >= budget_cap(b) * 4;
END
$$;

-- Name: budget_cap(public.budget); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.budget_cap(b public.budget) RETURNS bigint
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    RETURN b.extra + coalesce(b.cap, (SELECT o.cap FROM budget o WHERE o.team_id = b.team_id AND o.scope = b.scope
                                         AND o.period = b.period AND o.subject = '*'));
END
$$;

-- Name: budget_count(bigint, public.budget_scope, text, public.budget_period, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.budget_count(p_team bigint, p_scope public.budget_scope, p_subject text, p_period public.budget_period, p_start timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql STABLE
    AS $$
DECLARE
    v_from bigint := entry_seq_since(p_team, p_start);
    v_end timestamptz := ((p_start AT TIME ZONE 'UTC') + ('1 ' || p_period)::interval) AT TIME ZONE 'UTC';
    v_to bigint := entry_seq_since(p_team, v_end + interval '2 hours');
BEGIN
    RETURN (
        SELECT coalesce(sum(-c.delta - (SELECT coalesce(sum(b.delta), 0) FROM entry b WHERE b.key = c.key AND b.leg >= 1)), 0)
          FROM entry c
         WHERE c.team_id = p_team AND c.seq >= v_from AND c.seq < v_to
           AND c.kind = 'consume' AND c.at >= p_start AND c.at < v_end
           AND CASE p_scope WHEN 'member' THEN c.member_id = p_subject::bigint
                            WHEN 'channel' THEN c.channel = p_subject ELSE true END);
END
$$;

-- Name: budget_is_about(public.budget, bigint, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.budget_is_about(b public.budget, p_member bigint, p_channel text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT CASE b.scope WHEN 'member' THEN b.subject = p_member::text WHEN 'channel' THEN b.subject = p_channel ELSE true END
$$;

-- Name: budget_list(bigint, bigint, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.budget_list(p_team bigint, p_member bigint, p_channel text) RETURNS TABLE(scope text, subject text, period text, cap bigint, spent bigint, starts_at timestamp with time zone)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    v_team bigint := team_spends_as(p_team);
    v_all boolean := p_member IS NULL AND p_channel IS NULL;
BEGIN
    RETURN QUERY
    SELECT b.scope::text, b.subject, b.period::text, CASE WHEN s.is_past THEN budget_cap(b) - b.extra ELSE budget_cap(b) END,
           CASE WHEN s.is_past THEN 0 ELSE b.spent END, greatest(b.starts_at, s.now_starts)
      FROM budget b, LATERAL (SELECT period_start(b.period, nd_now()) AS now_starts,
                                     b.starts_at < period_start(b.period, nd_now()) AS is_past) s
     WHERE b.team_id = v_team AND (v_all OR budget_is_about(b, p_member, p_channel))
    UNION ALL
    SELECT b.scope::text, o.subject, b.period::text, b.cap::bigint,
           budget_count(v_team, b.scope, o.subject, b.period, period_start(b.period, nd_now())), period_start(b.period, nd_now())
      FROM budget b, LATERAL (SELECT CASE b.scope WHEN 'member' THEN p_member::text ELSE p_channel END AS subject) o
     WHERE b.team_id = v_team AND b.subject = '*' AND o.subject IS NOT NULL AND NOT EXISTS (
           SELECT 1 FROM budget own WHERE own.team_id = v_team AND own.scope = b.scope AND own.period = b.period
                                      AND own.subject = o.subject)
     ORDER BY 1, 2, 3;
END
$$;

-- Name: budget_open(bigint, bigint, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.budget_open(p_team bigint, p_member bigint, p_channel text) RETURNS timestamp with time zone
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_at timestamptz;
BEGIN
    SELECT greatest(nd_now(), max(b.starts_at),
                    (SELECT e.at FROM entry e JOIN wallet w ON w.team_id = e.team_id AND w.seq = e.seq WHERE e.team_id = p_team))
      INTO v_at FROM budget b WHERE b.team_id = p_team AND b.subject <> '*';
    INSERT INTO budget (team_id, scope, subject, period, starts_at, spent)
    SELECT b.team_id, b.scope, s.subject, b.period, period_start(b.period, v_at),
           budget_count(p_team, b.scope, s.subject, b.period, period_start(b.period, v_at))
      FROM budget b, LATERAL (SELECT CASE b.scope WHEN 'member' THEN p_member::text ELSE p_channel END AS subject) s
     WHERE b.team_id = p_team AND b.subject = '*' AND s.subject IS NOT NULL AND NOT EXISTS (
           SELECT 1 FROM budget o WHERE o.team_id = p_team AND o.scope = b.scope AND o.period = b.period
                                    AND o.subject = s.subject);
    UPDATE budget b SET starts_at = period_start(b.period, v_at), spent = 0, extra = 0
     WHERE b.team_id = p_team AND b.subject <> '*' AND b.starts_at < period_start(b.period, v_at)
       AND budget_is_about(b, p_member, p_channel);
    RETURN v_at;
END
$$;

-- Name: budget_refusal(bigint, bigint, text, bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.budget_refusal(p_team bigint, p_member bigint, p_channel text, p_amount bigint) RETURNS text
    LANGUAGE plpgsql
    AS $$
BEGIN
    RETURN (SELECT 'over_' || b.scope || '_budget' FROM budget b
             WHERE b.team_id = p_team AND b.subject <> '*' AND budget_is_about(b, p_member, p_channel)
               AND b.spent + p_amount > budget_cap(b)
             ORDER BY b.scope LIMIT 1);
END
$$;

-- Name: budget_spend(bigint, bigint, text, bigint, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.budget_spend(p_team bigint, p_member bigint, p_channel text, p_amount bigint, p_at timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE budget b SET spent = b.spent + p_amount
     WHERE b.team_id = p_team AND b.subject <> '*' AND b.starts_at = period_start(b.period, p_at)
       AND budget_is_about(b, p_member, p_channel);
END
$$;

-- Name: cast_vote(uuid, text, text, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.cast_vote(p_generation uuid, p_platform text, p_installation text, p_user text, OUT status text, OUT votes integer) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    s showing;
BEGIN
    SELECT * INTO s FROM showing o WHERE o.generation_id = p_generation AND o.platform = p_platform
       AND o.installation = p_installation AND o.state = 'shown' FOR UPDATE;
    votes := coalesce(s.votes, 0);
    IF s.generation_id IS NULL THEN
        status := 'unknown';
    ELSIF s.user_id = p_user THEN
        status := 'own';
    ELSIF EXISTS (SELECT 1 FROM contest c WHERE c.id = s.contest_id AND (c.state = 'closed' OR c.ends_at <= nd_now())) THEN
        status := 'over';
    ELSE
        DELETE FROM vote v WHERE v.generation_id = p_generation AND v.user_id = p_user;
        status := CASE WHEN FOUND THEN 'taken_back' ELSE 'voted' END;
        IF status = 'voted' THEN
            INSERT INTO vote (generation_id, user_id) VALUES (p_generation, p_user);
        END IF;
        UPDATE showing o SET votes = o.votes + CASE cast_vote.status WHEN 'voted' THEN 1 ELSE -1 END
         WHERE o.generation_id = p_generation RETURNING o.votes INTO cast_vote.votes;
    END IF;
END
$$;

-- Name: nd_now(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.nd_now() RETURNS timestamp with time zone
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$SELECT coalesce(nullif(current_setting('neverdark.now', true), '')::timestamptz, statement_timestamp())$$;

-- Name: scheduled; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.scheduled (
    id uuid NOT NULL,
    platform text NOT NULL,
    installation text NOT NULL,
    user_id text NOT NULL,
    command jsonb NOT NULL,
    zone text NOT NULL,
    due_at timestamp with time zone NOT NULL,
    when_cheap boolean DEFAULT false NOT NULL,
    state text DEFAULT 'waiting'::text NOT NULL,
    warned_at timestamp with time zone,
    lease_until timestamp with time zone,
    created_at timestamp with time zone DEFAULT public.nd_now() NOT NULL,
    CONSTRAINT scheduled_state CHECK ((state = ANY (ARRAY['waiting'::text, 'begun'::text, 'refused'::text, 'cancelled'::text])))
);

-- Name: change_scheduled(uuid, text, text, text, timestamp with time zone, boolean); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.change_scheduled(p_id uuid, p_platform text, p_installation text, p_user text, p_due timestamp with time zone, p_cancel boolean) RETURNS SETOF public.scheduled
    LANGUAGE sql
    AS $$
    UPDATE scheduled SET state = CASE WHEN p_cancel THEN 'cancelled' ELSE state END,
                         command = CASE WHEN p_cancel THEN '{}' ELSE command END,
                         due_at = coalesce(p_due, due_at), when_cheap = when_cheap AND p_due IS NULL, warned_at = NULL
     WHERE id = p_id AND platform = p_platform AND installation = p_installation AND user_id = p_user AND state = 'waiting'
       AND (lease_until IS NULL OR lease_until <= nd_now())
    RETURNING *
$$;

-- Name: check_entries(bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.check_entries(p_team bigint) RETURNS TABLE(team_id bigint, wrong text)
    LANGUAGE sql STABLE
    AS $$
    SELECT f.team_id, 'entry ' || f.seq || ': ' || concat_ws(', ',
               CASE WHEN f.is_after_gap THEN 'gap in the sequence before it' END,
               CASE WHEN f.balance_jumps THEN 'running balance jumps' END,
               CASE WHEN f.held_jumps THEN 'running held jumps' END,
               CASE WHEN f.is_impossible THEN 'impossible shape of a ' || f.kind END)
      FROM (SELECT e.team_id, e.seq, e.kind,
                   e.seq <> lag(e.seq, 1, 0::bigint) OVER team + 1 AS is_after_gap,
                   e.balance_after <> lag(e.balance_after, 1, 0::bigint) OVER team + e.delta AS balance_jumps,
                   e.held_after <> lag(e.held_after, 1, 0::bigint) OVER team + e.held_delta AS held_jumps,
                   entry_is_possible(e) IS NOT TRUE AS is_impossible
              FROM entry e WHERE p_team IS NULL OR e.team_id = p_team
            WINDOW team AS (PARTITION BY e.team_id ORDER BY e.seq)) f
     WHERE f.is_after_gap OR f.balance_jumps OR f.held_jumps OR f.is_impossible
$$;

-- Name: check_keys(bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.check_keys(p_team bigint) RETURNS TABLE(team_id bigint, wrong text)
    LANGUAGE sql STABLE
    AS $$
    SELECT b.team_id, 'entry ' || b.seq || ': ' || b.kind || ' without its consume'
      FROM entry b LEFT JOIN entry c ON c.key = b.key AND c.leg = 0 AND c.kind = 'consume' AND c.team_id = b.team_id
     WHERE b.leg > 0 AND c.key IS NULL AND (p_team IS NULL OR b.team_id = p_team)
    UNION ALL
    SELECT h.team_id, 'entry ' || h.seq || ': ' || concat_ws(', ',
               CASE WHEN h.back > -h.delta THEN 'more refunded than taken' END,
               CASE WHEN h.released <> h.held_delta THEN 'settled for another amount than was held' END,
               CASE WHEN h.first_leg <> 1 THEN 'corrected before it was settled' END)
      FROM (SELECT c.team_id, c.seq, c.delta, c.held_delta, sum(b.delta) AS back, min(b.leg) AS first_leg,
                   -sum(b.held_delta) AS released
              FROM entry c JOIN entry b ON b.key = c.key AND b.leg > 0
             WHERE c.kind = 'consume' AND c.leg = 0 AND (p_team IS NULL OR c.team_id = p_team)
             GROUP BY c.team_id, c.seq, c.delta, c.held_delta) h
     WHERE h.back > -h.delta OR h.released <> h.held_delta OR h.first_leg <> 1
    UNION ALL
    SELECT m.team_id, 'entry ' || m.seq || ': ' || m.kind || ' without its other side'
      FROM entry m LEFT JOIN entry o ON o.key = m.key AND o.delta = -m.delta
           AND o.kind = CASE m.kind WHEN 'move_out' THEN 'move_in'::entry_kind ELSE 'move_out' END
           AND o.leg = CASE m.kind WHEN 'move_out' THEN m.leg - 1 ELSE m.leg + 1 END
     WHERE m.kind IN ('move_out', 'move_in') AND o.key IS NULL AND (p_team IS NULL OR m.team_id = p_team)
    UNION ALL
    SELECT c.team_id, 'entry ' || c.seq || ': its draws do not add up'
      FROM entry c LEFT JOIN draw d ON d.team_id = c.team_id AND d.seq = c.seq
     WHERE c.kind = 'consume' AND (p_team IS NULL OR c.team_id = p_team)
     GROUP BY c.team_id, c.seq, c.delta, c.lot_id
    HAVING coalesce(sum(d.amount), 0) <> CASE WHEN c.lot_id IS NULL THEN -c.delta ELSE 0 END
$$;

-- Name: check_ledger(bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.check_ledger(p_team bigint DEFAULT NULL::bigint) RETURNS TABLE(team_id bigint, wrong text[])
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
BEGIN
    RETURN QUERY
    SELECT f.team_id, (array_agg(f.wrong ORDER BY f.part, f.wrong))[1:20] FROM (
        SELECT 1 AS part, c.* FROM check_wallets(p_team) c
        UNION ALL SELECT 2, c.* FROM check_entries(p_team) c
        UNION ALL SELECT 3, c.* FROM check_keys(p_team) c) f
     GROUP BY f.team_id ORDER BY f.team_id;
END
$$;

-- Name: check_wallets(bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.check_wallets(p_team bigint) RETURNS TABLE(team_id bigint, wrong text)
    LANGUAGE sql STABLE
    AS $$
    SELECT w.team_id, problem.wrong
      FROM wallet w
      JOIN team t ON t.id = w.team_id
      LEFT JOIN (SELECT e.team_id, sum(e.delta) AS balance, sum(e.held_delta) AS held, max(e.seq) AS seq FROM entry e
                  WHERE p_team IS NULL OR e.team_id = p_team GROUP BY e.team_id) l ON l.team_id = w.team_id
      LEFT JOIN (SELECT o.team_id, sum(o.remaining) AS remaining FROM lot o
                  WHERE p_team IS NULL OR o.team_id = p_team GROUP BY o.team_id) o ON o.team_id = w.team_id
      CROSS JOIN LATERAL (VALUES
          (w.balance <> coalesce(l.balance, 0), 'balance is ' || w.balance || ', its ledger says ' || coalesce(l.balance, 0)),
          (w.held <> coalesce(l.held, 0), 'held is ' || w.held || ', its ledger says ' || coalesce(l.held, 0)),
          (w.seq <> coalesce(l.seq, 0), 'sequence is at ' || w.seq || ', its ledger ends at ' || coalesce(l.seq, 0)),
          (w.balance <> coalesce(o.remaining, 0) + w.lot_left,
           'balance is ' || w.balance || ', its lots hold ' || coalesce(o.remaining, 0) + w.lot_left),
          ((w.gates & 2 <> 0) <> (t.joined_to IS NOT NULL), 'its wallet and its team differ on whether it is joined'),
          ((w.gates & 4 <> 0) <> EXISTS (SELECT 1 FROM budget b WHERE b.team_id = w.team_id),
           'its wallet does not know of its budgets'),
          ((w.gates & 8 <> 0) <> (t.approval_above IS NOT NULL), 'its wallet does not know of its approval threshold')
      ) problem (is_wrong, wrong)
     WHERE problem.is_wrong AND (p_team IS NULL OR w.team_id = p_team)
    UNION ALL
    SELECT t.id, 'it has no wallet' FROM team t
     WHERE NOT EXISTS (SELECT 1 FROM wallet w WHERE w.team_id = t.id) AND (p_team IS NULL OR t.id = p_team)
    UNION ALL
    SELECT s.home_team_id, 'workspace ' || s.platform || ' ' || s.installation || ' spends from another team than its home'
      FROM workspace s
     WHERE s.team_id <> team_spends_as(s.home_team_id) AND (p_team IS NULL OR s.home_team_id = p_team)
    UNION ALL
    SELECT DISTINCT e.team_id, 'entries of a team that does not exist' FROM entry e
     WHERE NOT EXISTS (SELECT 1 FROM team t WHERE t.id = e.team_id) AND (p_team IS NULL OR e.team_id = p_team)
    UNION ALL
    SELECT l.team_id, 'lot ' || l.id || ' holds more than it was given'
      FROM lot l LEFT JOIN wallet w ON w.team_id = l.team_id AND w.lot_id = l.id
     WHERE l.remaining + coalesce(w.lot_left, 0) > l.granted AND (p_team IS NULL OR l.team_id = p_team)
    UNION ALL
    SELECT b.team_id, 'budget of ' || b.scope || ' ' || b.subject || ' for the ' || b.period || ' counts ' || b.spent
           || ', its ledger says ' || budget_count(b.team_id, b.scope, b.subject, b.period, b.starts_at)
      FROM budget b
     WHERE b.subject <> '*' AND b.spent <> budget_count(b.team_id, b.scope, b.subject, b.period, b.starts_at)
       AND (p_team IS NULL OR b.team_id = p_team)
$$;

-- Name: alert; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.alert (
    id bigint NOT NULL,
    key uuid DEFAULT gen_random_uuid() NOT NULL,
    team_id bigint NOT NULL,
    kind text NOT NULL,
    scope text,
    period text,
    cap bigint NOT NULL,
    spent bigint,
    balance bigint NOT NULL,
    generation_id uuid,
    platform text NOT NULL,
    installation text NOT NULL,
    place text NOT NULL,
    state text DEFAULT 'due'::text NOT NULL,
    wake_at timestamp with time zone DEFAULT public.nd_now() NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    message_id text,
    created_at timestamp with time zone DEFAULT public.nd_now() NOT NULL,
    fence bigint DEFAULT 0 NOT NULL,
    detail text,
    CONSTRAINT alert_kind CHECK ((kind = ANY (ARRAY['budget'::text, 'low_balance'::text, 'approval'::text, 'undelivered'::text, 'permissions'::text, 'reported'::text, 'gallery'::text]))),
    CONSTRAINT alert_state CHECK ((state = ANY (ARRAY['due'::text, 'said'::text, 'gone'::text])))
);

-- Name: claim_alerts(integer, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.claim_alerts(p_limit integer, p_lease interval) RETURNS SETOF public.alert
    LANGUAGE sql
    AS $$
    UPDATE alert a SET wake_at = nd_now() + p_lease, tries = a.tries + 1, fence = a.fence + 1
      FROM (SELECT id FROM alert WHERE state = 'due' AND wake_at <= nd_now()
             ORDER BY wake_at LIMIT p_limit FOR UPDATE SKIP LOCKED) due
     WHERE a.id = due.id
    RETURNING a.*
$$;

-- Name: announcement; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.announcement (
    id bigint NOT NULL,
    platform text NOT NULL,
    installation text NOT NULL,
    kind text NOT NULL,
    contest_id uuid,
    best uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    key uuid DEFAULT gen_random_uuid() NOT NULL,
    state text DEFAULT 'due'::text NOT NULL,
    wake_at timestamp with time zone DEFAULT public.nd_now() NOT NULL,
    fence bigint DEFAULT 0 NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT public.nd_now() NOT NULL,
    CONSTRAINT announcement_state CHECK ((state = ANY (ARRAY['due'::text, 'said'::text, 'gone'::text])))
);

-- Name: claim_announcements(integer, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.claim_announcements(p_limit integer, p_lease interval) RETURNS SETOF public.announcement
    LANGUAGE sql
    AS $$
    UPDATE announcement a SET fence = a.fence + 1, tries = a.tries + 1, wake_at = nd_now() + p_lease
     WHERE a.id IN (SELECT o.id FROM announcement o WHERE o.state = 'due' AND o.wake_at <= nd_now()
                     ORDER BY o.wake_at LIMIT p_limit FOR UPDATE SKIP LOCKED)
    RETURNING a.*
$$;

-- Name: attempts; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.attempts (
    generation_id uuid NOT NULL,
    n smallint NOT NULL,
    route text NOT NULL,
    provider text NOT NULL,
    model text NOT NULL,
    external_id uuid NOT NULL,
    fitted jsonb NOT NULL,
    state text DEFAULT 'intended'::text NOT NULL,
    provider_task_id text,
    intended_at timestamp with time zone DEFAULT public.nd_now() NOT NULL,
    send_deadline timestamp with time zone NOT NULL,
    accepted_at timestamp with time zone,
    deadline_at timestamp with time zone,
    watch_until timestamp with time zone,
    ended_at timestamp with time zone,
    wake_at timestamp with time zone,
    lease_owner text,
    lease_until timestamp with time zone,
    fence bigint DEFAULT 0 NOT NULL,
    polls integer DEFAULT 0 NOT NULL,
    progress real,
    result jsonb,
    error_class text,
    error_detail text,
    epoch bigint DEFAULT 0 NOT NULL,
    is_probe boolean DEFAULT false NOT NULL,
    is_hedge boolean DEFAULT false NOT NULL,
    cost_usd_micros bigint,
    settled boolean DEFAULT false NOT NULL,
    hinted boolean DEFAULT false NOT NULL,
    clip jsonb,
    failures integer DEFAULT 0 NOT NULL,
    missing_since timestamp with time zone,
    running_at timestamp with time zone,
    missing_polls smallint DEFAULT 0 NOT NULL,
    refusal jsonb,
    error_code text,
    error_field text,
    passed jsonb DEFAULT '[]'::jsonb NOT NULL,
    CONSTRAINT attempts_state CHECK ((state = ANY (ARRAY['intended'::text, 'accepted'::text, 'rejected'::text, 'ambiguous'::text, 'abandoned'::text, 'succeeded'::text, 'failed'::text, 'late'::text])))
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.02');

-- Name: claim_attempts(text, integer, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.claim_attempts(p_owner text, p_limit integer, p_lease interval) RETURNS SETOF public.attempts
    LANGUAGE sql
    AS $$
    UPDATE attempts a
       SET lease_owner = p_owner, lease_until = until, wake_at = until, fence = a.fence + 1
      FROM (SELECT generation_id, n, nd_now() + p_lease * (0.9 + 0.2 * random()) AS until
              FROM attempts
             WHERE state IN ('accepted', 'late') AND wake_at <= nd_now()
               AND (lease_until IS NULL OR lease_until <= nd_now())
             ORDER BY wake_at LIMIT p_limit FOR UPDATE SKIP LOCKED) due
     WHERE a.generation_id = due.generation_id AND a.n = due.n
    RETURNING a.*
$$;

-- Name: claim_commands(text, text, text, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.claim_commands(p_platform text, p_application text, p_digest text, p_lease interval) RETURNS text
    LANGUAGE plpgsql
    AS $$
DECLARE
    p published_commands;
BEGIN
    INSERT INTO published_commands (platform, application) VALUES (p_platform, p_application) ON CONFLICT DO NOTHING;
    SELECT * INTO p FROM published_commands o WHERE o.platform = p_platform AND o.application = p_application FOR UPDATE;
    IF p.digest = p_digest THEN
        RETURN 'done';
    ELSIF p.claimed_until > nd_now() THEN
        RETURN 'busy';
    END IF;
    UPDATE published_commands o SET claimed = p_digest, claimed_until = nd_now() + p_lease
     WHERE o.platform = p_platform AND o.application = p_application;
    RETURN 'yours';
END
$$;

-- Name: deliveries; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.deliveries (
    id bigint NOT NULL,
    generation_id uuid NOT NULL,
    kind text NOT NULL,
    key uuid NOT NULL,
    state text DEFAULT 'due'::text NOT NULL,
    wake_at timestamp with time zone,
    lease_owner text,
    lease_until timestamp with time zone,
    fence bigint DEFAULT 0 NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    version integer DEFAULT 0 NOT NULL,
    thread text,
    message_id text,
    memory jsonb DEFAULT '{}'::jsonb NOT NULL,
    digest text,
    created_at timestamp with time zone DEFAULT public.nd_now() NOT NULL,
    posted_at timestamp with time zone,
    attempt smallint DEFAULT 0 NOT NULL,
    crashes integer DEFAULT 0 NOT NULL,
    turn_at timestamp with time zone,
    CONSTRAINT deliveries_kind CHECK ((kind = ANY (ARRAY['root'::text, 'progress'::text, 'result'::text, 'extra'::text, 'root_edit'::text, 'pick'::text]))),
    CONSTRAINT deliveries_state CHECK ((state = ANY (ARRAY['due'::text, 'done'::text, 'gone'::text])))
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.02');

-- Name: claim_deliveries(text, integer, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.claim_deliveries(p_owner text, p_limit integer, p_lease interval) RETURNS SETOF public.deliveries
    LANGUAGE sql
    AS $$
    WITH first AS (
        SELECT id FROM deliveries
         WHERE state = 'due' AND kind <> 'progress' AND wake_at <= nd_now()
           AND (lease_until IS NULL OR lease_until <= nd_now())
         ORDER BY kind = 'root', wake_at LIMIT p_limit FOR UPDATE SKIP LOCKED
    ), rest AS (
        SELECT id FROM deliveries
         WHERE state = 'due' AND kind = 'progress' AND wake_at <= nd_now()
           AND (lease_until IS NULL OR lease_until <= nd_now())
         ORDER BY wake_at LIMIT (SELECT p_limit - count(*) FROM first) FOR UPDATE SKIP LOCKED
    )
    UPDATE deliveries d
       SET lease_owner = p_owner, lease_until = until, wake_at = until, fence = d.fence + 1, tries = d.tries + 1
      FROM (SELECT id, nd_now() + p_lease * (0.9 + 0.2 * random()) AS until
              FROM (SELECT id FROM first UNION ALL SELECT id FROM rest) both_kinds) due
     WHERE d.id = due.id
    RETURNING d.*
$$;

-- Name: generations; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.generations (
    id uuid NOT NULL,
    team_id bigint NOT NULL,
    member_id bigint NOT NULL,
    platform text NOT NULL,
    installation text NOT NULL,
    user_id text,
    place text NOT NULL,
    thread text,
    request jsonb NOT NULL,
    tier text NOT NULL,
    chain text[] NOT NULL,
    prices jsonb NOT NULL,
    state text DEFAULT 'queued'::text NOT NULL,
    outcome text,
    error_class text,
    reason jsonb DEFAULT '{}'::jsonb NOT NULL,
    plan jsonb,
    version integer DEFAULT 0 NOT NULL,
    wake_at timestamp with time zone,
    lease_owner text,
    lease_until timestamp with time zone,
    fence bigint DEFAULT 0 NOT NULL,
    claims smallint DEFAULT 0 NOT NULL,
    start_by timestamp with time zone NOT NULL,
    window_ends timestamp with time zone,
    cancel_requested_at timestamp with time zone,
    winner_attempt smallint,
    consumed bigint NOT NULL,
    settled bigint,
    clip jsonb,
    created_at timestamp with time zone DEFAULT public.nd_now() NOT NULL,
    updated_at timestamp with time zone DEFAULT public.nd_now() NOT NULL,
    done_at timestamp with time zone,
    channel text,
    fallback text DEFAULT 'any'::text NOT NULL,
    scrubbed_at timestamp with time zone,
    elsewhere text DEFAULT 'offer'::text NOT NULL,
    hidden_at timestamp with time zone,
    deleted_at timestamp with time zone,
    asked_by text,
    locale text,
    place_locale text,
    take_of uuid,
    take smallint DEFAULT 0 NOT NULL,
    takes smallint DEFAULT 1 NOT NULL,
    picked_at timestamp with time zone,
    decided_by bigint,
    CONSTRAINT generations_done CHECK (((state = 'done'::text) = (done_at IS NOT NULL))),
    CONSTRAINT generations_elsewhere CHECK ((elsewhere = ANY (ARRAY['offer'::text, 'go_on'::text]))),
    CONSTRAINT generations_ended CHECK (((state <> ALL (ARRAY['delivering'::text, 'done'::text])) OR ((outcome IS NOT NULL) AND (settled IS NOT NULL)))),
    CONSTRAINT generations_fallback CHECK ((fallback = ANY (ARRAY['never'::text, 'same_tier'::text, 'any'::text]))),
    CONSTRAINT generations_outcome CHECK ((outcome = ANY (ARRAY['succeeded'::text, 'failed'::text, 'cancelled'::text]))),
    CONSTRAINT generations_state CHECK ((state = ANY (ARRAY['asking'::text, 'queued'::text, 'rendering'::text, 'storing'::text, 'delivering'::text, 'done'::text])))
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.02');

-- Name: claim_generations(text, integer, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.claim_generations(p_owner text, p_limit integer, p_lease interval) RETURNS SETOF public.generations
    LANGUAGE sql
    AS $$
    UPDATE generations g
       SET lease_owner = p_owner, lease_until = until, wake_at = until, fence = g.fence + 1,
           claims = least(g.claims + 1, 10000)
      FROM (SELECT id, nd_now() + p_lease * (0.9 + 0.2 * random()) AS until
              FROM generations
             WHERE state <> 'done' AND wake_at <= nd_now() AND (lease_until IS NULL OR lease_until <= nd_now())
             ORDER BY wake_at LIMIT p_limit FOR UPDATE SKIP LOCKED) due
     WHERE g.id = due.id
    RETURNING g.*
$$;

-- Name: claim_generations_in_turn(text, integer, interval, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.claim_generations_in_turn(p_owner text, p_limit integer, p_lease interval, p_grace interval) RETURNS SETOF public.generations
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM wake_next_in_queues(p_grace);
    RETURN QUERY SELECT * FROM claim_generations(p_owner, p_limit, p_lease);
END
$$;

-- Name: removals; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.removals (
    generation_id uuid NOT NULL,
    files boolean NOT NULL,
    asked_at timestamp with time zone DEFAULT public.nd_now() NOT NULL,
    wake_at timestamp with time zone DEFAULT public.nd_now() NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    done_at timestamp with time zone
);

-- Name: claim_removals(integer, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.claim_removals(p_limit integer, p_lease interval) RETURNS SETOF public.removals
    LANGUAGE sql
    AS $$
    UPDATE removals r SET wake_at = nd_now() + p_lease, tries = least(r.tries + 1, 10000)
      FROM (SELECT generation_id FROM removals WHERE done_at IS NULL AND wake_at <= nd_now()
             ORDER BY wake_at LIMIT p_limit FOR UPDATE SKIP LOCKED) due
     WHERE r.generation_id = due.generation_id
    RETURNING r.*
$$;

-- Name: claim_scheduled(integer, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.claim_scheduled(p_limit integer, p_lease interval) RETURNS SETOF public.scheduled
    LANGUAGE sql
    AS $$
    UPDATE scheduled SET lease_until = nd_now() + p_lease
     WHERE id IN (SELECT s.id FROM scheduled s
                   WHERE s.state = 'waiting' AND (s.due_at <= nd_now() OR s.when_cheap)
                     AND (s.lease_until IS NULL OR s.lease_until <= nd_now())
                   ORDER BY s.due_at LIMIT p_limit FOR UPDATE SKIP LOCKED)
    RETURNING *
$$;

-- Name: showing; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.showing (
    generation_id uuid NOT NULL,
    platform text NOT NULL,
    installation text NOT NULL,
    user_id text,
    key uuid DEFAULT gen_random_uuid() NOT NULL,
    state text DEFAULT 'waiting'::text NOT NULL,
    is_spoiler boolean DEFAULT false NOT NULL,
    wake_at timestamp with time zone DEFAULT public.nd_now() NOT NULL,
    fence bigint DEFAULT 0 NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    place text,
    message_id text,
    votes integer DEFAULT 0 NOT NULL,
    contest_id uuid,
    created_at timestamp with time zone DEFAULT public.nd_now() NOT NULL,
    shown_at timestamp with time zone,
    CONSTRAINT showing_state CHECK ((state = ANY (ARRAY['waiting'::text, 'due'::text, 'shown'::text, 'leaving'::text, 'hidden'::text, 'gone'::text])))
);

-- Name: claim_showings(integer, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.claim_showings(p_limit integer, p_lease interval) RETURNS SETOF public.showing
    LANGUAGE sql
    AS $$
    UPDATE showing s SET fence = s.fence + 1, tries = s.tries + 1, wake_at = nd_now() + p_lease,
           place = CASE s.state WHEN 'due' THEN g.place ELSE s.place END
      FROM showing o LEFT JOIN gallery g ON g.platform = o.platform AND g.installation = o.installation
     WHERE o.generation_id = s.generation_id AND (g.place IS NOT NULL OR s.state = 'leaving') AND s.generation_id IN (SELECT d.generation_id FROM showing d WHERE d.state IN ('due', 'leaving') AND d.wake_at <= nd_now()
                                  AND (d.state = 'leaving' OR rule_now(d.platform, d.installation, 'gallery', '') IS NULL)
                                ORDER BY d.wake_at LIMIT p_limit FOR UPDATE SKIP LOCKED)
    RETURNING s.*
$$;

-- Name: claim_these_generations(uuid[], text, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.claim_these_generations(p_ids uuid[], p_owner text, p_lease interval) RETURNS SETOF public.generations
    LANGUAGE sql
    AS $$
    UPDATE generations g
       SET lease_owner = p_owner, lease_until = nd_now() + p_lease, wake_at = nd_now() + p_lease,
           fence = g.fence + 1, claims = least(g.claims + 1, 10000)
      FROM (SELECT id FROM generations
             WHERE id = ANY (p_ids) AND state <> 'done' AND wake_at <= nd_now()
               AND (lease_until IS NULL OR lease_until <= nd_now())
               FOR UPDATE SKIP LOCKED) due
     WHERE g.id = due.id
    RETURNING g.*
$$;

-- Name: waiting_step; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.waiting_step (
    generation_id uuid NOT NULL,
    platform text NOT NULL,
    place text NOT NULL,
    reference text NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    wake_at timestamp with time zone DEFAULT public.nd_now() NOT NULL,
    created_at timestamp with time zone DEFAULT public.nd_now() NOT NULL
);

-- Name: claim_waiting_steps(integer, interval, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.claim_waiting_steps(p_limit integer, p_for interval, p_never_after interval) RETURNS SETOF public.waiting_step
    LANGUAGE sql
    AS $$
    UPDATE waiting_step w SET tries = w.tries + 1, wake_at = nd_now() + p_for
      FROM (SELECT s.generation_id FROM waiting_step s LEFT JOIN generations g ON g.id = s.generation_id
             WHERE s.wake_at <= nd_now()
               AND (g.state = 'done' OR g.id IS NULL AND s.created_at < nd_now() - p_never_after)
             ORDER BY s.wake_at LIMIT p_limit FOR UPDATE OF s SKIP LOCKED) due
     WHERE w.generation_id = due.generation_id
    RETURNING w.*
$$;

-- Name: close_budgets(text[], interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.close_budgets(p_keys text[], p_for interval) RETURNS void
    LANGUAGE sql
    AS $$
    INSERT INTO chat_budget AS c (key, spent_until, closed_until)
    SELECT key, nd_now(), nd_now() + p_for FROM unnest(p_keys) AS key ORDER BY key
    ON CONFLICT (key) DO UPDATE SET closed_until = greatest(c.closed_until, excluded.closed_until)
$$;

-- Name: close_erasures(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.close_erasures() RETURNS bigint
    LANGUAGE sql
    AS $$
    UPDATE erasure e SET done_at = nd_now() WHERE e.done_at IS NULL
       AND NOT EXISTS (SELECT 1 FROM generations g WHERE g.member_id = e.member_id AND g.scrubbed_at IS NULL);
    SELECT count(*) FROM generations g JOIN erasure e ON e.member_id = g.member_id
     WHERE e.done_at IS NULL AND g.scrubbed_at IS NULL
$$;

-- Name: consume_credits_approved(bigint, uuid, bigint, bigint, text, text, bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.consume_credits_approved(p_team bigint, p_key uuid, p_amount bigint, p_member bigint, p_channel text, p_note text, p_approver bigint, OUT status text, OUT balance bigint, OUT held bigint) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF p_team IS NULL OR p_key IS NULL OR p_amount IS NULL OR p_amount <= 0 OR p_approver IS NULL THEN
        RAISE EXCEPTION 'an approved consume wants a team, a key, an amount above zero and who approved it'
            USING ERRCODE = 'ND001';
    END IF;
    SELECT s.status, s.balance, s.held INTO status, balance, held
      FROM consume_slow(p_team, p_key, p_amount, p_member, p_channel, p_note, p_approver) s;
END
$$;

-- Name: consume_credits_atomic(bigint, uuid, bigint, bigint, text, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.consume_credits_atomic(p_team bigint, p_key uuid, p_amount bigint, p_member bigint, p_channel text, p_note text) RETURNS public.credits_moved
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    v_now timestamptz := nd_now();
    moved credits_moved;
BEGIN
    IF p_team IS NULL OR p_key IS NULL OR p_amount IS NULL OR p_amount <= 0 THEN
        RAISE EXCEPTION 'consume wants a team, a key and an amount above zero' USING ERRCODE = 'ND001';
    END IF;
    WITH taken AS (
        UPDATE wallet w SET balance = w.balance - p_amount, held = w.held + p_amount, lot_left = w.lot_left - p_amount,
                            seq = w.seq + 1
         WHERE w.team_id = p_team AND w.lot_left >= p_amount AND w.gates = 0 AND w.next_event > v_now
        RETURNING w.balance, w.held, w.seq, w.lot_id)
    INSERT INTO entry (team_id, seq, delta, held_delta, balance_after, held_after, at, lot_id, member_id, leg, kind, key,
                       channel, note)
    SELECT p_team, t.seq, -p_amount, p_amount, t.balance, t.held, v_now, t.lot_id, p_member, 0, 'consume', p_key,
           p_channel, p_note
      FROM taken t
    ON CONFLICT (key, leg) DO NOTHING
    RETURNING 'ok', balance_after, held_after INTO moved;
    IF FOUND THEN
        RETURN moved;
    END IF;
    -- Nothing was taken, or it was and has no entry because the key is not new: only then is a wallet ahead of its ledger.
    UPDATE wallet w SET balance = w.balance + p_amount, held = w.held - p_amount, lot_left = w.lot_left + p_amount,
                        seq = w.seq - 1
     WHERE w.team_id = p_team AND w.seq > 0 AND EXISTS (SELECT FROM entry e WHERE e.key = p_key AND e.leg = 0)
       AND NOT EXISTS (SELECT FROM entry e WHERE e.team_id = p_team AND e.seq = w.seq);
    SELECT s.status, s.balance, s.held INTO moved
      FROM consume_slow(p_team, p_key, p_amount, p_member, p_channel, p_note, NULL) s;
    RETURN moved;
END
$$;

-- Name: consume_credits_batch(bigint, uuid[], bigint[], bigint[], text[], text[]); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.consume_credits_batch(p_team bigint, p_keys uuid[], p_amounts bigint[], p_members bigint[], p_channels text[], p_notes text[]) RETURNS TABLE(key uuid, status text, balance bigint, held bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    v_now timestamptz := nd_now();
    v_count bigint := cardinality(p_keys);
    v_total bigint := (SELECT sum(a) FROM unnest(p_amounts) a);
    w wallet;
BEGIN
    IF p_team IS NULL OR v_count IS NULL OR v_count NOT BETWEEN 1 AND 1000
       OR (v_count, v_count, v_count, v_count) IS DISTINCT FROM
          (cardinality(p_amounts), cardinality(p_members), cardinality(p_channels), cardinality(p_notes))
       OR (SELECT bool_and(a > 0 AND k IS NOT NULL) FROM unnest(p_keys, p_amounts) u (k, a)) IS NOT TRUE THEN
        RAISE EXCEPTION 'a batch wants a team and 1 to 1000 keys, each with an amount above zero' USING ERRCODE = 'ND001';
    END IF;
    UPDATE wallet o SET balance = o.balance - v_total, held = o.held + v_total, lot_left = o.lot_left - v_total,
                        seq = o.seq + v_count
     WHERE o.team_id = p_team AND o.lot_left >= v_total AND o.gates = 0 AND o.next_event > v_now
       AND NOT EXISTS (SELECT 1 FROM entry e WHERE e.key = ANY (p_keys) AND e.leg = 0)
    RETURNING o.* INTO w;
    IF FOUND THEN
        BEGIN
            INSERT INTO entry (team_id, seq, delta, held_delta, balance_after, held_after, at, lot_id, member_id, leg, kind,
                               key, channel, note)
            SELECT p_team, w.seq - v_count + u.n, -u.amount, u.amount, w.balance + v_total - u.upto, w.held - v_total + u.upto,
                   v_now, w.lot_id, u.member, 0, 'consume', u.key, u.channel, u.note
              FROM (SELECT i.*, sum(i.amount) OVER (ORDER BY i.key) AS upto, row_number() OVER (ORDER BY i.key) AS n
                      FROM unnest(p_keys, p_amounts, p_members, p_channels, p_notes) i (key, amount, member, channel, note)) u
             ORDER BY u.key;
            RETURN QUERY SELECT e.key, 'ok', e.balance_after, e.held_after FROM entry e
                          WHERE e.team_id = p_team AND e.seq > w.seq - v_count AND e.seq <= w.seq ORDER BY e.seq;
            RETURN;
        EXCEPTION WHEN unique_violation THEN  -- a key that is new to this team's eyes only: one by one, then
            UPDATE wallet o SET balance = o.balance + v_total, held = o.held - v_total, lot_left = o.lot_left + v_total,
                                seq = o.seq - v_count
             WHERE o.team_id = p_team;
        END;
    END IF;
    RETURN QUERY
    SELECT u.key, c.status, c.balance, c.held
      FROM (SELECT * FROM unnest(p_keys, p_amounts, p_members, p_channels, p_notes) i (key, amount, member, channel, note)
             ORDER BY i.key) u,
           LATERAL consume_credits_atomic(p_team, u.key, u.amount, u.member, u.channel, u.note) c;
END
$$;

-- Name: wallet; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.wallet (
    team_id bigint NOT NULL,
    balance public.credits DEFAULT 0 NOT NULL,
    held public.credits DEFAULT 0 NOT NULL,
    seq bigint DEFAULT 0 NOT NULL,
    lot_left public.credits DEFAULT 0 NOT NULL,
    lot_id bigint DEFAULT 0 NOT NULL,
    next_event timestamp with time zone DEFAULT 'infinity'::timestamp with time zone NOT NULL,
    gates smallint DEFAULT 0 NOT NULL
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0.02');

-- Name: consume_refusal(public.wallet, bigint, bigint, text, bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.consume_refusal(w public.wallet, p_amount bigint, p_member bigint, p_channel text, p_approver bigint) RETURNS text
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_over text;
BEGIN
    IF w.gates & 1 <> 0 THEN
        RETURN 'frozen';
    END IF;
    IF w.gates & 4 <> 0 THEN
        v_over := budget_refusal(w.team_id, p_member, p_channel, p_amount);
    END IF;
    RETURN CASE
        WHEN v_over IS NOT NULL THEN v_over
        WHEN w.balance < p_amount THEN 'insufficient'
        WHEN w.gates & 8 <> 0 AND p_approver IS NULL
             AND p_amount > (SELECT t.approval_above FROM team t WHERE t.id = w.team_id) THEN 'needs_approval'
    END;
END
$$;

-- Name: consume_slow(bigint, uuid, bigint, bigint, text, text, bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.consume_slow(p_team bigint, p_key uuid, p_amount bigint, p_member bigint, p_channel text, p_note text, p_approver bigint, OUT status text, OUT balance bigint, OUT held bigint) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    w wallet;
    e entry;
    v_at timestamptz;
    v_seq bigint;
    v_lot bigint;
BEGIN
    w := wallet_lock(p_team);
    IF w.team_id IS NULL THEN
        status := 'unknown_team'; balance := 0; held := 0;
        RETURN;
    END IF;
    balance := w.balance; held := w.held;
    SELECT * INTO e FROM entry o WHERE o.key = p_key AND o.leg = 0;
    IF FOUND THEN
        IF e.kind = 'consume' AND e.delta = -p_amount AND e.member_id IS NOT DISTINCT FROM p_member
           AND e.channel IS NOT DISTINCT FROM p_channel
           AND (e.team_id IN (p_team, w.team_id) OR team_spends_as(e.team_id) = w.team_id) THEN
            status := 'replayed'; balance := e.balance_after; held := e.held_after;
        ELSE
            status := 'key_conflict';
        END IF;
        RETURN;
    END IF;
    v_at := CASE WHEN w.gates & 4 = 0 THEN nd_now() ELSE budget_open(w.team_id, p_member, p_channel) END;
    status := consume_refusal(w, p_amount, p_member, p_channel, p_approver);
    IF status IS NOT NULL THEN
        RETURN;
    END IF;
    v_lot := w.lot_id;
    IF w.lot_left < p_amount THEN
        PERFORM wallet_stash(w.team_id);
        SELECT CASE WHEN o.remaining >= p_amount THEN o.id END INTO v_lot FROM lot o
         WHERE o.team_id = w.team_id AND o.remaining > 0 ORDER BY o.priority, o.expires_at, o.id LIMIT 1;
    END IF;
    SELECT b.seq, b.balance, b.held INTO v_seq, balance, held
      FROM wallet_book(w.team_id, 'consume', p_key, 0, -p_amount, p_amount, v_lot, p_member, p_approver,
                       p_channel, p_note, v_at) b;
    IF v_seq IS NULL THEN  -- another team took this key at this very moment
        PERFORM wallet_stash(w.team_id);
        PERFORM wallet_pick(w.team_id);
        status := 'key_conflict'; balance := w.balance; held := w.held;
        RETURN;
    ELSIF w.lot_left >= p_amount THEN
        UPDATE wallet o SET lot_left = o.lot_left - p_amount WHERE o.team_id = w.team_id;
    ELSE
        PERFORM lots_burn(w.team_id, v_seq, p_amount);
        PERFORM wallet_pick(w.team_id);
    END IF;
    IF w.gates & 4 <> 0 THEN
        PERFORM budget_spend(w.team_id, p_member, p_channel, p_amount, v_at);
    END IF;
    status := 'ok';
END
$$;

-- Name: count_channel_trouble(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.count_channel_trouble() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    g record;
BEGIN
    SELECT platform, installation, channel INTO g FROM generations WHERE id = NEW.generation_id;
    IF g.channel IS NULL THEN
        RETURN NULL;
    ELSIF NEW.state = 'gone' OR NEW.memory ->> 'where' = 'direct' THEN
        INSERT INTO channel_trouble AS c (platform, installation, channel, undelivered)
        VALUES (g.platform, g.installation, g.channel, 1)
        ON CONFLICT (platform, installation, channel) DO UPDATE SET undelivered = c.undelivered + 1;
    ELSE
        DELETE FROM channel_trouble c
         WHERE c.platform = g.platform AND c.installation = g.installation AND c.channel = g.channel;
    END IF;
    RETURN NULL;
END
$$;

-- Name: count_outcome(text, text, double precision); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.count_outcome(p_route text, p_class text, p_seconds double precision) RETURNS void
    LANGUAGE sql
    AS $$INSERT INTO provider_health_buckets AS b (route, minute, class, count, seconds)
  VALUES (p_route, date_trunc('minute', nd_now()), p_class, 1, p_seconds)
  ON CONFLICT (route, minute, class)
  DO UPDATE SET count = b.count + 1, seconds = b.seconds + EXCLUDED.seconds$$;

-- Name: count_press(text, text, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.count_press(p_event text, p_button text, p_moment interval) RETURNS text
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_counts_as text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('press:' || p_button, 0));
    SELECT p.counts_as INTO v_counts_as FROM presses p WHERE p.event = p_event;
    IF FOUND THEN
        RETURN v_counts_as;
    END IF;
    SELECT p.event INTO v_counts_as FROM presses p
     WHERE p.button = p_button AND p.event = p.counts_as AND p.at > nd_now() - p_moment
     ORDER BY p.at DESC LIMIT 1;
    DELETE FROM presses WHERE event IN (
        SELECT p.event FROM presses p WHERE p.at < nd_now() - interval '1 day' ORDER BY p.at LIMIT 20
           FOR UPDATE SKIP LOCKED);
    INSERT INTO presses (event, button, counts_as) VALUES (p_event, p_button, coalesce(v_counts_as, p_event));
    RETURN coalesce(v_counts_as, p_event);
END
$$;

-- Name: count_rule_refusal(text, text, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.count_rule_refusal(p_platform text, p_installation text, p_kind text) RETURNS void
    LANGUAGE sql
    AS $$
    INSERT INTO rule_refusals AS r (platform, installation, day, kind)
    VALUES (p_platform, p_installation, (nd_now() AT TIME ZONE 'UTC')::date, p_kind)
    ON CONFLICT (platform, installation, day, kind) DO UPDATE SET times = r.times + 1
$$;

-- Name: crashed_message(bigint, bigint, uuid, interval, integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.crashed_message(p_id bigint, p_fence bigint, p_generation uuid, p_in interval, p_most integer) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_over boolean;
    v_kind text;
BEGIN
    PERFORM 1 FROM generations WHERE id = p_generation FOR NO KEY UPDATE;
    UPDATE deliveries
       SET crashes = crashes + 1, lease_owner = NULL, lease_until = NULL, wake_at = nd_now() + p_in
     WHERE id = p_id AND fence = p_fence AND state = 'due' RETURNING crashes > p_most, kind INTO v_over, v_kind;
    IF v_over THEN
        UPDATE deliveries SET state = 'gone', wake_at = NULL, lease_owner = NULL, lease_until = NULL, fence = fence + 1
         WHERE generation_id = p_generation AND state = 'due' AND (id = p_id OR v_kind = 'root');
        PERFORM wake_generation(p_generation);
    END IF;
    RETURN v_over;
END
$$;

-- Name: credit_balance(bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.credit_balance(p_team bigint) RETURNS TABLE(team_id bigint, balance bigint, held bigint, frozen boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    RETURN QUERY
    SELECT w.team_id, w.balance + CASE WHEN w.next_event > nd_now() THEN 0 ELSE (
               SELECT coalesce(sum(CASE p.kind WHEN 'expire' THEN -p.amount ELSE p.amount END), 0)::bigint
                 FROM wallet_pending(w.team_id) p) END,
           w.held::bigint, w.gates & 1 <> 0
      FROM wallet w WHERE w.team_id = team_spends_as(p_team);
END
$$;

-- Name: credit_purchase(text, text, uuid, text, text, text, text, bigint, timestamp with time zone, bigint, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.credit_purchase(p_platform text, p_external text, p_key uuid, p_sku text, p_buyer text, p_installation text, p_own text, p_credits bigint, p_bought timestamp with time zone, p_free_amount bigint, p_free_period interval, OUT status text, OUT granted bigint, OUT owed bigint, OUT installation text) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    p purchase;
    d purchase;
    v_member record;
    v_rest bigint;
    v_take bigint;
BEGIN
    IF p_credits IS NULL OR p_credits <= 0 OR p_buyer IS NULL OR p_own IS NULL OR p_key IS NULL THEN
        RAISE EXCEPTION 'a sale wants a buyer, a key and an amount above zero' USING ERRCODE = 'ND001';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('neverdark/buyer' || chr(31) || p_platform || chr(31) || p_buyer, 0));
    INSERT INTO purchase (platform, external_id, sku) VALUES (p_platform, p_external, p_sku) ON CONFLICT DO NOTHING;
    SELECT * INTO STRICT p FROM purchase o WHERE o.platform = p_platform AND o.external_id = p_external FOR UPDATE;
    IF p.undone_at IS NOT NULL OR p.team_id IS NOT NULL THEN
        status := CASE WHEN p.undone_at IS NULL THEN 'replayed' ELSE 'undone' END;
        granted := p.granted; owed := p.owed; installation := p.installation;
        RETURN;
    END IF;
    installation := coalesce(p_installation,
        (SELECT i.installation FROM purchase_intent i WHERE i.platform = p_platform AND i.user_id = p_buyer
            AND p_bought BETWEEN i.at - interval '1 minute' AND i.at + interval '1 hour'), p_own);
    v_member := ensure_member(p_platform, installation, p_buyer, p_free_amount, p_free_period);
    v_rest := p_credits;
    FOR d IN SELECT * FROM purchase o WHERE o.platform = p_platform AND o.buyer = p_buyer AND o.owed > 0
              ORDER BY o.bought_at, o.external_id FOR UPDATE LOOP
        v_take := least(v_rest, d.owed);
        v_rest := v_rest - v_take;
        UPDATE purchase o SET owed = o.owed - v_take WHERE o.platform = d.platform AND o.external_id = d.external_id;
        EXIT WHEN v_rest = 0;
    END LOOP;
    IF v_rest > 0 THEN
        PERFORM grant_credits(v_member.team_id, p_key, v_rest, purchase_source(p_platform, p_external), 50, NULL, NULL, NULL);
    END IF;
    UPDATE purchase o SET sku = p_sku, buyer = p_buyer, installation = credit_purchase.installation, team_id = v_member.team_id,
                          credits = p_credits, granted = v_rest, bought_at = p_bought
     WHERE o.platform = p_platform AND o.external_id = p_external;
    status := 'ok'; granted := v_rest; owed := 0;
END
$$;

-- Name: credit_statement(bigint, bigint, integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.credit_statement(p_team bigint, p_before bigint, p_limit integer) RETURNS SETOF public.statement_line
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
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

-- Name: credit_use(bigint, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.credit_use(p_team bigint, p_from timestamp with time zone, p_to timestamp with time zone) RETURNS TABLE(day date, member_id bigint, note text, generations bigint, spent bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
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

-- Name: deliveries_follow(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.deliveries_follow() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_told jsonb;
BEGIN
    SELECT jsonb_build_object('where', d.memory -> 'where', 'why', d.memory -> 'why') INTO v_told
      FROM deliveries d WHERE d.generation_id = NEW.generation_id AND d.memory ? 'where'
     ORDER BY array_position(ARRAY['channel', 'follow_up', 'direct'], d.memory ->> 'where') DESC LIMIT 1;
    NEW.memory := NEW.memory || coalesce(v_told, '{}');
    RETURN NEW;
END
$$;

-- Name: deliveries_look(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.deliveries_look() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM restores r JOIN generations g ON g.id = NEW.generation_id WHERE g.created_at < r.at) THEN
        NEW.memory := NEW.memory || '{"look": true}';
    END IF;
    RETURN NEW;
END
$$;

-- Name: deliveries_taken_away(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.deliveries_taken_away() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM 1 FROM generations WHERE id = NEW.generation_id AND hidden_at IS NOT NULL;
    RETURN CASE WHEN FOUND THEN NULL ELSE NEW END;
END
$$;

-- Name: due_alerts(bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.due_alerts(p_team bigint) RETURNS TABLE(kind text, scope text, subject text, period text, cap bigint, spent bigint, balance bigint, platform text, installation text, channel text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    v_team bigint := team_spends_as(p_team);
    t team;
    w wallet;
BEGIN
    SELECT * INTO t FROM team WHERE id = v_team AND alert_channel IS NOT NULL;
    IF NOT FOUND THEN
        RETURN;
    ELSIF NOT EXISTS (SELECT 1 FROM budget b WHERE b.team_id = v_team AND budget_alert_is_due(b))
          AND (t.low_alerted OR (SELECT c.balance >= t.low_balance FROM credit_balance(v_team) c)) THEN
        RETURN;
    END IF;
    w := wallet_lock(v_team);
    RETURN QUERY
    UPDATE budget b SET alerted_at = b.starts_at
     WHERE b.team_id = w.team_id AND budget_alert_is_due(b)
    RETURNING 'budget', b.scope::text, b.subject, b.period::text, budget_cap(b), b.spent, w.balance::bigint,
              t.alert_platform, t.alert_installation, t.alert_channel;
    RETURN QUERY
    UPDATE team o SET low_alerted = true
     WHERE o.id = w.team_id AND NOT o.low_alerted AND w.balance < o.low_balance
    RETURNING 'low_balance', NULL, NULL, NULL, o.low_balance::bigint, NULL::bigint, w.balance::bigint,
              t.alert_platform, t.alert_installation, t.alert_channel;
END
$$;

-- Name: duty_done(text, text, jsonb); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.duty_done(p_name text, p_holder text, p_facts jsonb) RETURNS void
    LANGUAGE sql
    AS $$
    UPDATE duties SET done_at = nd_now(), facts = p_facts WHERE name = p_name AND holder = p_holder
$$;

-- Name: end_attempt(uuid, smallint, bigint, text, jsonb, text, text, bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.end_attempt(p_id uuid, p_n smallint, p_fence bigint, p_state text, p_result jsonb, p_error_class text, p_error_detail text, p_usd_micros bigint) RETURNS TABLE(at timestamp with time zone, generation public.generations)
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF wake_generation(p_id) IS NULL THEN
        PERFORM 1 FROM generations WHERE id = p_id FOR NO KEY UPDATE;
    END IF;
    UPDATE attempts a
       SET state = p_state, result = p_result, error_class = p_error_class, error_detail = p_error_detail,
           cost_usd_micros = p_usd_micros, settled = true, ended_at = nd_now(), wake_at = NULL, lease_owner = NULL,
           lease_until = NULL, polls = a.polls + 1
     WHERE a.generation_id = p_id AND a.n = p_n AND a.fence = p_fence AND a.state IN ('accepted', 'late');
    IF FOUND THEN
        PERFORM wake_messages(p_id);
        RETURN QUERY SELECT nd_now(), g FROM generations g WHERE g.id = p_id;
    END IF;
END
$$;

-- Name: end_installation(text, text, text, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.end_installation(p_platform text, p_installation text, p_why text, p_at timestamp with time zone) RETURNS boolean
    LANGUAGE sql
    AS $$
    WITH ended AS (
        UPDATE app_installation SET sealed = NULL, expires_at = NULL, refresh_by = NULL, refresh_until = NULL,
               ended_at = nd_now(), ended_why = p_why, changed_at = nd_now()
         WHERE platform = p_platform AND installation = p_installation AND ended_at IS NULL AND installed_at <= p_at
        RETURNING 1)
    SELECT EXISTS (SELECT 1 FROM ended)
$$;

-- Name: end_scheduled(uuid, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.end_scheduled(p_id uuid, p_state text) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE scheduled SET state = p_state, command = '{}', lease_until = NULL WHERE id = p_id AND state = 'waiting';
    RETURN FOUND;
END
$$;

-- Name: end_with_video(uuid, bigint, integer, jsonb, jsonb, uuid, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.end_with_video(p_id uuid, p_fence bigint, p_version integer, p_ending jsonb, p_line jsonb, p_result_key uuid, p_note text) RETURNS integer
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_version integer := transition_generation(
        p_id, p_fence, p_version, 'delivering', NULL, NULL, p_ending, p_line, true, p_result_key
    );
    v_status text;
BEGIN
    IF v_version IS NOT NULL THEN
        SELECT s.status INTO v_status FROM settle_credits(p_id, (p_ending ->> 'settled')::bigint, p_note) s;
        IF v_status NOT IN ('ok', 'replayed') THEN
            RAISE EXCEPTION 'settle answered % for %', v_status, p_id USING ERRCODE = 'ND002';
        END IF;
    END IF;
    RETURN v_version;
END
$$;

-- Name: ensure_member(text, text, text, bigint, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.ensure_member(p_platform text, p_installation text, p_user text, p_free_amount bigint, p_free_period interval, OUT team_id bigint, OUT member_id bigint) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    SELECT w.team_id, m.id INTO team_id, member_id
      FROM workspace w JOIN member m USING (platform, installation)
     WHERE w.platform = p_platform AND w.installation = p_installation AND m.user_id = p_user;
    IF FOUND THEN
        RETURN;
    ELSIF p_platform IS NULL OR p_installation IS NULL OR p_user IS NULL THEN
        RAISE EXCEPTION 'a member has a platform, an installation and a user id' USING ERRCODE = 'ND001';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(p_platform || chr(31) || p_installation, 0));
    SELECT w.team_id INTO team_id FROM workspace w WHERE w.platform = p_platform AND w.installation = p_installation;
    IF NOT FOUND THEN
        INSERT INTO team (free_amount, free_period, free_next, low_balance)
        VALUES (p_free_amount, p_free_period, period_start('month', nd_now()), p_free_amount / 5) RETURNING id INTO team_id;
        INSERT INTO wallet (team_id) VALUES (ensure_member.team_id);
        PERFORM wallet_book_due(team_id);
        INSERT INTO workspace (platform, installation, team_id, home_team_id)
        VALUES (p_platform, p_installation, ensure_member.team_id, ensure_member.team_id);
    END IF;
    INSERT INTO member (platform, installation, user_id) VALUES (p_platform, p_installation, p_user)
    ON CONFLICT (platform, installation, user_id) DO NOTHING RETURNING id INTO member_id;
    IF member_id IS NULL THEN
        SELECT m.id INTO STRICT member_id FROM member m
         WHERE m.platform = p_platform AND m.installation = p_installation AND m.user_id = p_user;
    END IF;
END
$$;

-- Name: enter_contest(uuid, text, text, text, timestamp with time zone, uuid); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.enter_contest(p_generation uuid, p_platform text, p_installation text, p_user text, p_made timestamp with time zone, p_contest uuid) RETURNS text
    LANGUAGE plpgsql
    AS $$
DECLARE
    c contest;
BEGIN
    SELECT * INTO c FROM contest o WHERE o.id = p_contest AND o.platform = p_platform AND o.installation = p_installation
       AND o.state = 'open' AND o.ends_at > nd_now() FOR SHARE;
    IF NOT FOUND THEN
        RETURN 'none';
    ELSIF p_made < c.starts_at THEN
        RETURN 'before';
    ELSIF NOT EXISTS (SELECT 1 FROM gallery g WHERE g.platform = p_platform AND g.installation = p_installation) THEN
        RETURN 'no_gallery';
    END IF;
    BEGIN
        INSERT INTO showing AS s (generation_id, platform, installation, user_id, contest_id, state)
        VALUES (p_generation, p_platform, p_installation, p_user, c.id, 'waiting')
        ON CONFLICT (generation_id) DO UPDATE SET contest_id = c.id,
            state = CASE WHEN s.state IN ('hidden', 'gone') THEN 'waiting' ELSE s.state END
         WHERE s.contest_id IS NULL AND s.user_id = p_user;
        RETURN CASE WHEN FOUND THEN 'ok' ELSE 'twice' END;
    EXCEPTION WHEN unique_violation THEN
        RETURN 'twice';
    END;
END
$$;

-- Name: entry; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.entry (
    team_id bigint NOT NULL,
    seq bigint NOT NULL,
    delta bigint NOT NULL,
    held_delta bigint NOT NULL,
    balance_after bigint NOT NULL,
    held_after bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    lot_id bigint,
    member_id bigint,
    actor_id bigint,
    leg integer NOT NULL,
    kind public.entry_kind NOT NULL,
    key uuid NOT NULL,
    channel text,
    note text
);

-- Name: entry_is_possible(public.entry); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.entry_is_possible(e public.entry) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT CASE e.kind
        WHEN 'consume'  THEN e.leg = 0 AND e.delta < 0 AND e.held_delta = -e.delta
        WHEN 'settle'   THEN e.leg = 1 AND e.held_delta < 0 AND e.delta BETWEEN 0 AND -e.held_delta
        WHEN 'refund'   THEN e.leg > 1 AND e.delta > 0 AND e.held_delta = 0
        WHEN 'grant'    THEN e.leg = 0 AND e.delta > 0 AND e.held_delta = 0 AND e.lot_id IS NOT NULL
        WHEN 'free'     THEN e.leg < 0 AND e.delta > 0 AND e.held_delta = 0 AND e.lot_id IS NOT NULL
        WHEN 'expire'   THEN e.leg < 0 AND e.delta < 0 AND e.held_delta = 0 AND e.lot_id IS NOT NULL
        WHEN 'move_out' THEN e.leg < 0 AND e.delta < 0 AND e.held_delta = 0
        WHEN 'move_in'  THEN e.leg < 0 AND e.delta > 0 AND e.held_delta = 0
        WHEN 'gift'     THEN e.leg = 0 AND e.delta = 0 AND e.held_delta = 0
    END AND e.balance_after >= 0 AND e.held_after >= 0
$$;

-- Name: entry_seq_since(bigint, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.entry_seq_since(p_team bigint, p_since timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql STABLE
    AS $$
DECLARE
    v_low bigint := 1;
    v_high bigint;
    v_mid bigint;
BEGIN
    SELECT w.seq + 1 INTO v_high FROM wallet w WHERE w.team_id = p_team;
    WHILE v_low < v_high LOOP
        v_mid := (v_low + v_high) / 2;
        IF (SELECT e.at FROM entry e WHERE e.team_id = p_team AND e.seq = v_mid) < p_since - interval '1 hour' THEN
            v_low := v_mid + 1;
        ELSE
            v_high := v_mid;
        END IF;
    END LOOP;
    RETURN v_low;
END
$$;

-- Name: erase_member(text, text, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.erase_member(p_platform text, p_installation text, p_user text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    UPDATE member SET user_id = NULL WHERE platform = p_platform AND installation = p_installation AND user_id = p_user;
    RETURN FOUND;
END
$$;

-- Name: excess_rights(name); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.excess_rights(p_role name) RETURNS SETOF text
    LANGUAGE plpgsql STABLE
    AS $$
DECLARE
    me pg_roles;
    v_table name;
    v_right text;
BEGIN
    SELECT * INTO STRICT me FROM pg_roles WHERE rolname = p_role;
    IF me.rolsuper THEN
        RETURN NEXT 'it is a superuser';
        RETURN;
    END IF;
    RETURN QUERY SELECT 'it may ' || t.what FROM (VALUES (me.rolcreaterole, 'create roles'), (me.rolreplication, 'replicate'),
        (me.rolbypassrls, 'pass row security over'), (has_schema_privilege(p_role, 'public', 'CREATE'), 'create things in schema public'),
        (has_parameter_privilege(p_role, 'session_replication_role', 'SET'), 'set session_replication_role')) AS t(has, what) WHERE t.has;
    RETURN QUERY SELECT DISTINCT format('it is a member of %s, who owns %s', o.rolname, string_agg(DISTINCT c.relname, ', '))
      FROM pg_class c JOIN pg_roles o ON o.oid = c.relowner
     WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY (ledger_tables()) AND pg_has_role(p_role, o.oid, 'MEMBER')
     GROUP BY o.rolname;
    FOREACH v_table IN ARRAY ledger_tables() LOOP
        FOREACH v_right IN ARRAY ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER', 'REFERENCES'] LOOP
            IF has_table_privilege(p_role, format('public.%I', v_table), v_right) THEN
                RETURN NEXT format('it may %s %s', v_right, v_table);
            END IF;
        END LOOP;
    END LOOP;
    -- A view reads and writes its tables with the rights of its owner.
    RETURN QUERY SELECT format('it may write through the view %s', c.relname) FROM pg_class c
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'v'
       AND has_table_privilege(p_role, c.oid, 'INSERT, UPDATE, DELETE');
    RETURN QUERY SELECT format('it is a member of %s', r.rolname) FROM pg_roles r
     WHERE r.rolname IN ('pg_write_all_data', 'pg_execute_server_program', 'pg_write_server_files', 'pg_read_server_files',
                         'pg_maintain', 'pg_database_owner') AND pg_has_role(p_role, r.oid, 'MEMBER');
END
$$;

-- Name: follow_first_take(uuid, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.follow_first_take(p_first uuid, p_thread text) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_other uuid;
BEGIN
    FOR v_other IN SELECT id FROM generations WHERE take_of = p_first AND id <> p_first AND thread IS NULL ORDER BY id
    LOOP
        UPDATE generations SET thread = p_thread WHERE id = v_other;
        PERFORM wake_messages(v_other);
    END LOOP;
END
$$;

-- Name: forget_link_codes(interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.forget_link_codes(p_keep interval) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    v_count integer;
BEGIN
    DELETE FROM link_code WHERE expires_at < nd_now() - p_keep;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;

-- Name: freeze_team(bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.freeze_team(p_team bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    w wallet := wallet_lock(p_team);
BEGIN
    UPDATE wallet o SET gates = o.gates | 1 WHERE o.team_id = w.team_id;
    RETURN w.team_id IS NOT NULL;
END
$$;

-- Name: generation_stall(public.generations, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.generation_stall(g public.generations, p_overdue interval) RETURNS text
    LANGUAGE plpgsql STABLE
    AS $$
DECLARE
    v_last_word timestamptz;
    v_stuck boolean;
BEGIN
    IF g.state = 'done' THEN
        RETURN NULL;
    ELSIF g.claims >= 6 THEN
        RETURN 'poison';
    ELSIF g.wake_at < nd_now() - p_overdue THEN
        RETURN 'overdue';
    END IF;
    SELECT min(d.wake_at) FILTER (WHERE d.kind = 'result'),
           bool_or(d.tries >= 5 AND d.kind <> 'extra'
                   OR d.kind = 'result' AND d.created_at < nd_now() - interval '15 minutes'
                   OR d.kind = 'root' AND d.created_at < nd_now() - interval '15 minutes')
      INTO v_last_word, v_stuck
      FROM deliveries d WHERE d.generation_id = g.id AND d.state = 'due';
    IF v_stuck OR g.state = 'delivering' AND v_last_word < nd_now() - p_overdue THEN
        RETURN 'undelivered';
    ELSIF g.consumed = 0 THEN
        RETURN NULL;
    ELSIF g.wake_at IS NULL AND (v_last_word IS NULL OR g.state <> 'delivering') THEN
        RETURN 'asleep';
    ELSIF coalesce(g.window_ends, g.start_by) < nd_now() - interval '25 hours' THEN
        RETURN 'endless';
    END IF;
    RETURN NULL;
END
$$;

-- Name: generations_answer_question(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.generations_answer_question() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE alert SET state = 'due', wake_at = nd_now(), tries = 1, fence = fence + 1
     WHERE generation_id = NEW.id AND kind = 'approval' AND state <> 'gone';
    RETURN NULL;
END
$$;

-- Name: gift_budget(bigint, uuid, bigint, bigint, bigint, bigint, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.gift_budget(p_team bigint, p_key uuid, p_from bigint, p_to bigint, p_amount bigint, p_actor bigint, p_note text, OUT status text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    w wallet;
    e entry;
    v_at timestamptz;
    v_seq bigint;
BEGIN
    IF p_key IS NULL OR p_from IS NULL OR p_to IS NULL OR p_from = p_to OR p_amount IS NULL OR p_amount <= 0 THEN
        RAISE EXCEPTION 'a gift wants a key, two members and an amount above zero' USING ERRCODE = 'ND001';
    END IF;
    w := wallet_lock(p_team);
    SELECT * INTO e FROM entry o WHERE o.key = p_key AND o.leg = 0;
    IF FOUND THEN
        status := CASE WHEN e.kind = 'gift' AND e.member_id = p_from AND EXISTS (
            SELECT 1 FROM gift g WHERE g.team_id = e.team_id AND g.seq = e.seq AND g.to_member = p_to AND g.amount = p_amount)
            THEN 'replayed' ELSE 'key_conflict' END;
        RETURN;
    END IF;
    status := CASE
        WHEN w.team_id IS NULL THEN 'unknown_team'
        WHEN (SELECT count(*) FROM member m JOIN workspace s USING (platform, installation)
               WHERE m.id IN (p_from, p_to) AND s.team_id = w.team_id) <> 2 THEN 'unknown_member'
    END;
    IF status IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM budget_open(w.team_id, p_from, NULL);
    v_at := budget_open(w.team_id, p_to, NULL);
    IF (SELECT count(*) FROM budget b WHERE b.team_id = w.team_id AND b.scope = 'member' AND b.period = 'month'
                                        AND b.subject IN (p_from::text, p_to::text)) <> 2 THEN
        status := 'no_budget';
    ELSIF (SELECT budget_cap(b) - b.spent < p_amount FROM budget b WHERE b.team_id = w.team_id AND b.scope = 'member'
                                                                AND b.period = 'month' AND b.subject = p_from::text) THEN
        status := 'exceeds_budget';
    ELSE
        v_seq := (wallet_book(w.team_id, 'gift', p_key, 0, 0, 0, NULL, p_from, p_actor, NULL, p_note, v_at)).seq;
        status := CASE WHEN v_seq IS NULL THEN 'key_conflict' ELSE 'ok' END;
    END IF;
    IF status = 'ok' THEN
        UPDATE budget b SET extra = b.extra + CASE b.subject WHEN p_to::text THEN p_amount ELSE -p_amount END
         WHERE b.team_id = w.team_id AND b.scope = 'member' AND b.period = 'month' AND b.subject IN (p_from::text, p_to::text);
        INSERT INTO gift (team_id, seq, to_member, amount) VALUES (w.team_id, v_seq, p_to, p_amount);
    END IF;
END
$$;

-- Name: grant_credits(bigint, uuid, bigint, text, integer, timestamp with time zone, bigint, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.grant_credits(p_team bigint, p_key uuid, p_amount bigint, p_source text, p_priority integer, p_expires timestamp with time zone, p_actor bigint, p_note text, OUT status text, OUT balance bigint, OUT held bigint) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    w wallet;
    e entry;
    l lot;
    v_expires timestamptz := coalesce(p_expires, 'infinity');
    v_lot bigint;
BEGIN
    IF p_team IS NULL OR p_key IS NULL OR p_amount IS NULL OR p_amount <= 0 OR p_source IS NULL OR p_priority IS NULL THEN
        RAISE EXCEPTION 'grant wants a team, a key, an amount above zero, a source and a priority' USING ERRCODE = 'ND001';
    END IF;
    w := wallet_lock(p_team);
    IF w.team_id IS NULL THEN
        status := 'unknown_team'; balance := 0; held := 0;
        RETURN;
    END IF;
    balance := w.balance; held := w.held;
    SELECT * INTO e FROM entry o WHERE o.key = p_key AND o.leg = 0;
    IF FOUND THEN
        SELECT * INTO l FROM lot o WHERE o.id = e.lot_id;
        IF e.kind = 'grant' AND e.delta = p_amount AND l.source = p_source AND l.priority = p_priority
           AND l.expires_at = v_expires AND (e.team_id IN (p_team, w.team_id) OR team_spends_as(e.team_id) = w.team_id) THEN
            status := 'replayed'; balance := e.balance_after; held := e.held_after;
        ELSE
            status := 'key_conflict';
        END IF;
        RETURN;
    ELSIF v_expires <= nd_now() THEN
        status := 'expired';
        RETURN;
    END IF;
    PERFORM wallet_stash(w.team_id);
    INSERT INTO lot (team_id, source, priority, expires_at, granted, remaining, granted_at)
    VALUES (w.team_id, p_source, p_priority, v_expires, p_amount, p_amount, nd_now()) RETURNING id INTO v_lot;
    SELECT b.balance, b.held INTO balance, held
      FROM wallet_book(w.team_id, 'grant', p_key, 0, p_amount, 0, v_lot, NULL, p_actor, NULL, p_note, nd_now()) b
     WHERE b.seq IS NOT NULL;
    IF FOUND THEN
        status := 'ok';
        UPDATE team t SET low_alerted = false
         WHERE t.id = w.team_id AND t.low_alerted AND grant_credits.balance >= t.low_balance;
    ELSE  -- another team took this key at this very moment
        DELETE FROM lot o WHERE o.id = v_lot;
        status := 'key_conflict'; balance := w.balance; held := w.held;
    END IF;
    PERFORM wallet_pick(w.team_id);
END
$$;

-- Name: grant_slot(jsonb, text, uuid, smallint, interval, boolean, text, bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.grant_slot(p_health jsonb, p_route text, p_generation uuid, p_n smallint, p_lease interval, p_counts_late boolean, p_class text, p_usd_micros bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM write_route_health(p_health);
    INSERT INTO provider_slots (route, generation_id, n, until, counts_late)
    VALUES (p_route, p_generation, p_n, nd_now() + p_lease, p_counts_late)
    ON CONFLICT (generation_id, n) DO UPDATE SET until = EXCLUDED.until;
    PERFORM count_outcome(p_route, p_class, 0);
    PERFORM take_route_token(p_route);
    INSERT INTO route_charges (generation_id, n, route, usd_micros)
    SELECT p_generation, p_n, p_route, p_usd_micros WHERE p_usd_micros > 0
    ON CONFLICT DO NOTHING;
END
$$;

-- Name: greet_workspace(text, text, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.greet_workspace(p_platform text, p_installation text, p_joined_at timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO arrival AS a (platform, installation, joined_at) VALUES (p_platform, p_installation, p_joined_at)
    ON CONFLICT (platform, installation) DO UPDATE SET greeted_at = nd_now(), joined_at = p_joined_at, left_at = NULL
     WHERE a.left_at IS NOT NULL OR a.joined_at < p_joined_at;
    RETURN FOUND;
END
$$;

-- Name: has_open_attempts(uuid); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.has_open_attempts(p_generation uuid) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT EXISTS (SELECT 1 FROM attempts a WHERE a.generation_id = p_generation
                    AND a.state IN ('intended', 'accepted', 'ambiguous', 'late') AND a.wake_at IS NOT NULL)
$$;

-- Name: hint_attempt(uuid, integer, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.hint_attempt(p_generation uuid, p_n integer, p_route text, OUT status text, OUT version integer) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    a attempts;
BEGIN
    SELECT * INTO a FROM attempts WHERE generation_id = p_generation AND n = p_n AND route = p_route FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        status := 'unknown';
    ELSIF a.state NOT IN ('intended', 'ambiguous', 'accepted', 'late') THEN
        status := 'ended';
    ELSIF a.state IN ('intended', 'ambiguous') OR a.lease_until > nd_now() THEN
        status := 'kept';
        UPDATE attempts SET hinted = true WHERE generation_id = p_generation AND n = p_n AND NOT hinted;
    ELSE
        status := 'due';
        UPDATE attempts SET hinted = false, wake_at = nd_now()
         WHERE generation_id = p_generation AND n = p_n AND (wake_at IS NULL OR wake_at > nd_now());
        SELECT g.version INTO version FROM generations g WHERE g.id = p_generation;
    END IF;
END
$$;

-- Name: hold_give_back(public.wallet, public.entry, public.entry_kind, integer, bigint, bigint, bigint, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.hold_give_back(w public.wallet, p_hold public.entry, p_kind public.entry_kind, p_leg integer, p_back bigint, p_release bigint, p_actor bigint, p_note text, OUT balance bigint, OUT held bigint) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    t wallet := w;
    share record;
    v_before bigint;
BEGIN
    IF w.gates & 2 <> 0 THEN
        t := wallet_lock(team_spends_as(w.team_id));
    END IF;
    SELECT coalesce(sum(o.delta), 0) INTO v_before FROM entry o WHERE o.key = p_hold.key AND o.leg >= 1;
    SELECT b.balance, b.held INTO balance, held
      FROM wallet_book(w.team_id, p_kind, p_hold.key, p_leg, p_back, -p_release, p_hold.lot_id, p_hold.member_id, p_actor,
                       p_hold.channel, p_note, nd_now()) b;
    IF w.gates & 4 <> 0 THEN
        PERFORM budget_spend(w.team_id, p_hold.member_id, p_hold.channel, -p_back, p_hold.at);
    END IF;
    IF t.team_id <> w.team_id THEN
        balance := t.balance; held := t.held;
        IF p_back > 0 THEN
            PERFORM wallet_book(w.team_id, 'move_out', p_hold.key, -2 * p_leg, -p_back, 0, NULL, p_hold.member_id, p_actor,
                                p_hold.channel, p_note, nd_now());
            SELECT b.balance, b.held INTO balance, held
              FROM wallet_book(t.team_id, 'move_in', p_hold.key, -2 * p_leg - 1, p_back, 0, NULL, p_hold.member_id, p_actor,
                               p_hold.channel, p_note, nd_now()) b;
        END IF;
    END IF;
    IF p_back = 0 THEN
        RETURN;
    ELSIF t.team_id = w.team_id AND p_hold.lot_id = w.lot_id THEN
        UPDATE wallet o SET lot_left = o.lot_left + p_back WHERE o.team_id = w.team_id;
        RETURN;
    END IF;
    PERFORM wallet_stash(t.team_id);
    FOR share IN SELECT * FROM hold_shares(p_hold, v_before, p_back) LOOP
        PERFORM lot_give_back(t.team_id, share.lot_id, share.amount);
    END LOOP;
    PERFORM wallet_pick(t.team_id);
END
$$;

-- Name: hold_shares(public.entry, bigint, bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.hold_shares(p_hold public.entry, p_before bigint, p_amount bigint) RETURNS TABLE(lot_id bigint, amount bigint)
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    IF p_amount = 0 THEN
        RETURN;
    ELSIF p_hold.lot_id IS NOT NULL THEN
        RETURN QUERY SELECT p_hold.lot_id, p_amount;
        RETURN;
    END IF;
    RETURN QUERY
    SELECT d.lot_id, (least(d.upto, p_before + p_amount) - greatest(d.upto - d.amount, p_before))::bigint
      FROM (SELECT w.lot_id, w.amount, w.n, sum(w.amount) OVER (ORDER BY w.n DESC) AS upto FROM draw w
             WHERE w.team_id = p_hold.team_id AND w.seq = p_hold.seq) d
     WHERE d.upto > p_before AND d.upto - d.amount < p_before + p_amount ORDER BY d.n DESC;
END
$$;

-- Name: join_take(uuid, uuid, integer, integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.join_take(p_id uuid, p_first uuid, p_take integer, p_takes integer) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE generations SET take_of = p_first, take = p_take, takes = p_takes WHERE id = p_id;
    IF p_take > 0 THEN
        DELETE FROM deliveries WHERE generation_id = p_id AND kind = 'root';
    END IF;
END
$$;

-- Name: joining_lock(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.joining_lock() RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('neverdark/joining', 0));
END
$$;

-- Name: keep_draft(uuid, text, text, text, jsonb, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.keep_draft(p_id uuid, p_platform text, p_installation text, p_user text, p_draft jsonb, p_keep interval) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    DELETE FROM drafts WHERE id IN (
        SELECT d.id FROM drafts d WHERE d.kept_at < nd_now() - p_keep ORDER BY d.kept_at LIMIT 20 FOR UPDATE SKIP LOCKED);
    INSERT INTO drafts (id, platform, installation, user_id, draft)
    VALUES (p_id, p_platform, p_installation, p_user, p_draft)
    ON CONFLICT (id) DO NOTHING;
END
$$;

-- Name: leave_route_queue(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.leave_route_queue() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_TABLE_NAME = 'attempts' THEN
        DELETE FROM route_queue WHERE generation_id = NEW.generation_id;
    ELSE
        DELETE FROM route_queue WHERE generation_id = NEW.id;
    END IF;
    RETURN NULL;
END
$$;

-- Name: ledger_tables(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.ledger_tables() RETURNS name[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT ARRAY['team', 'workspace', 'member', 'wallet', 'entry', 'lot', 'draw', 'budget', 'gift', 'joining', 'link_code',
                 'purchase']::name[]
$$;

-- Name: leg_answer(public.entry); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.leg_answer(p_leg public.entry, OUT balance bigint, OUT held bigint) RETURNS record
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    SELECT o.balance_after, o.held_after INTO balance, held
      FROM entry o WHERE o.key = p_leg.key AND o.leg = -2 * p_leg.leg - 1;
    IF FOUND THEN
        RETURN;
    ELSIF p_leg.delta = 0 AND team_spends_as(p_leg.team_id) <> p_leg.team_id THEN
        SELECT c.balance, c.held INTO balance, held FROM credit_balance(p_leg.team_id) c;
    ELSE
        balance := p_leg.balance_after; held := p_leg.held_after;
    END IF;
END
$$;

-- Name: link_code_author(bytea); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.link_code_author(p_code_hash bytea) RETURNS TABLE(platform text, installation text, user_id text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT m.platform, m.installation, m.user_id FROM link_code k JOIN member m ON m.id = k.member_id
     WHERE k.code_hash = p_code_hash AND k.used_at IS NULL AND k.expires_at > nd_now() AND m.user_id IS NOT NULL
$$;

-- Name: link_ends(uuid, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.link_ends(p_generation uuid, p_created timestamp with time zone, p_expires timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    AS $$
    SELECT CASE WHEN lasts IS NULL THEN '-infinity' ELSE least(p_expires, p_created + lasts) END
      FROM link_lasts(p_generation, p_expires - p_created) lasts
$$;

-- Name: link_lasts(uuid, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.link_lasts(p_generation uuid, p_usual interval) RETURNS interval
    LANGUAGE sql STABLE
    AS $$
    SELECT CASE link_rule(p_generation) WHEN 'off' THEN NULL WHEN '24h' THEN interval '24 hours'
                                        WHEN '30d' THEN interval '30 days' ELSE p_usual END
$$;

-- Name: link_rule(uuid); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.link_rule(p_generation uuid) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    SELECT CASE WHEN rule_now(g.platform, g.installation, 'no_links', g.channel) IS NOT NULL THEN 'off'
                WHEN (g.request ->> 'is_private')::boolean
                     AND rule_now(g.platform, g.installation, 'private_links', '') IS NULL THEN 'off'
                ELSE rule_now(g.platform, g.installation, 'links', '') #>> '{}' END
      FROM generations g WHERE g.id = p_generation
$$;

-- Name: link_team(bigint, bigint, bytea, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.link_team(p_team bigint, p_member bigint, p_code_hash bytea, p_ttl interval) RETURNS timestamp with time zone
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    v_team bigint := team_spends_as(p_team);
    v_expires timestamptz := nd_now() + p_ttl;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM member m JOIN workspace s USING (platform, installation)
                    WHERE m.id = p_member AND s.team_id = v_team) THEN
        RETURN NULL;
    END IF;
    DELETE FROM link_code WHERE team_id = v_team AND used_at IS NULL;
    INSERT INTO link_code (code_hash, team_id, member_id, expires_at) VALUES (p_code_hash, v_team, p_member, v_expires);
    RETURN v_expires;
END
$$;

-- Name: lock_refresh(text, text, text, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.lock_refresh(p_platform text, p_installation text, p_by text, p_for interval) RETURNS boolean
    LANGUAGE sql
    AS $$
    WITH taken AS (
        UPDATE app_installation SET refresh_by = p_by, refresh_until = nd_now() + p_for
         WHERE platform = p_platform AND installation = p_installation AND ended_at IS NULL
           AND (refresh_until IS NULL OR refresh_until <= nd_now())
        RETURNING 1)
    SELECT EXISTS (SELECT 1 FROM taken)
$$;

-- Name: provider_health; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.provider_health (
    route text NOT NULL,
    state text DEFAULT 'healthy'::text NOT NULL,
    since timestamp with time zone DEFAULT public.nd_now() NOT NULL,
    until timestamp with time zone,
    reason text DEFAULT 'new'::text NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    epoch bigint DEFAULT 0 NOT NULL,
    e smallint DEFAULT 0 NOT NULL,
    e_at timestamp with time zone DEFAULT public.nd_now() NOT NULL,
    score double precision DEFAULT 0 NOT NULL,
    score_at timestamp with time zone DEFAULT public.nd_now() NOT NULL,
    rate double precision DEFAULT 0 NOT NULL,
    rate_at timestamp with time zone DEFAULT public.nd_now() NOT NULL,
    recent jsonb DEFAULT '{}'::jsonb NOT NULL,
    probe_window smallint DEFAULT 1 NOT NULL,
    probes jsonb DEFAULT '[]'::jsonb NOT NULL,
    probe_inflight integer GENERATED ALWAYS AS (jsonb_array_length(probes)) STORED,
    probe_ok smallint DEFAULT 0 NOT NULL,
    probe_last timestamp with time zone,
    cooldown_until timestamp with time zone,
    cooldown_k smallint DEFAULT 0 NOT NULL,
    live_bad integer DEFAULT 0 NOT NULL,
    live_at timestamp with time zone,
    slots integer NOT NULL,
    slots_max integer NOT NULL,
    slots_ok smallint DEFAULT 0 NOT NULL,
    panic_due timestamp with time zone,
    hedge_tokens double precision NOT NULL,
    CONSTRAINT provider_health_e CHECK (((e >= 0) AND (e <= 8))),
    CONSTRAINT provider_health_score CHECK ((score >= (0)::double precision)),
    CONSTRAINT provider_health_slots CHECK (((slots >= 1) AND (slots <= slots_max))),
    CONSTRAINT provider_health_state CHECK ((state = ANY (ARRAY['healthy'::text, 'demoted'::text, 'probing'::text, 'held'::text]))),
    CONSTRAINT provider_health_window CHECK ((probe_window = ANY (ARRAY[1, 2, 4, 8])))
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.02');

-- Name: lock_route_for_admission(text, interval, uuid, bigint, bigint, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.lock_route_for_admission(p_route text, p_grace interval, p_self uuid, p_team bigint, p_member bigint, p_asked_at timestamp with time zone) RETURNS TABLE(now timestamp with time zone, taken bigint, ahead bigint, tokens double precision, usd_micros_per_day bigint, spent bigint, reserved bigint, health public.provider_health)
    LANGUAGE plpgsql
    SET lock_timeout TO '3s'
    AS $$
BEGIN
    PERFORM 1 FROM provider_health h WHERE h.route = p_route FOR UPDATE;
    -- A statement of its own: it sees what was committed while this one waited for the lock.
    RETURN QUERY
    SELECT nd_now(), slots_taken(h.route), a.ahead, a.tokens, l.usd_micros_per_day, s.spent, s.reserved, h
      FROM provider_health h
     CROSS JOIN LATERAL route_ahead(ARRAY[h.route], p_grace, p_self, p_team, p_member, p_asked_at) a
      LEFT JOIN route_limits l ON l.route = h.route
      LEFT JOIN LATERAL (SELECT * FROM route_spent(h.route) WHERE l.usd_micros_per_day IS NOT NULL) s ON true
     WHERE h.route = p_route;
END
$$;

-- Name: lock_routes(text[]); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.lock_routes(p_routes text[]) RETURNS SETOF public.provider_health
    LANGUAGE sql
    SET lock_timeout TO '3s'
    AS $$
    SELECT * FROM provider_health WHERE route = ANY (p_routes) ORDER BY route FOR UPDATE
$$;

-- Name: lock_running_attempt(text, uuid, smallint, text, boolean, text[], double precision, bigint, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.lock_running_attempt(p_route text, p_generation uuid, p_n smallint, p_news text, p_ends boolean, p_classes text[], p_seconds double precision, p_member bigint, p_window interval) RETURNS TABLE(now timestamp with time zone, blames jsonb, health public.provider_health)
    LANGUAGE plpgsql
    SET lock_timeout TO '3s'
    AS $$
DECLARE
    v_class text;
BEGIN
    PERFORM 1 FROM provider_health h WHERE h.route = p_route FOR UPDATE;
    IF NOT FOUND THEN
        RETURN QUERY SELECT NULL::timestamptz, NULL::jsonb, NULL::provider_health;
        RETURN;
    END IF;
    INSERT INTO provider_health_applied (generation_id, n, kind) VALUES (p_generation, p_n, p_news)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF p_ends THEN
        DELETE FROM provider_slots WHERE generation_id = p_generation AND n = p_n;
    END IF;
    FOREACH v_class IN ARRAY p_classes LOOP
        PERFORM count_outcome(p_route, v_class, p_seconds);
    END LOOP;
    RETURN QUERY
    SELECT nd_now(),
           (SELECT coalesce(jsonb_agg(to_jsonb(b)), '[]')
              FROM (SELECT o.generation_id, o.n, o.member_id, o.epoch, o.at, o.counted, o.factor
                      FROM provider_health_blame o
                     WHERE (o.generation_id, o.n, o.route) = (p_generation, p_n, p_route)
                        OR (o.route = p_route AND o.member_id = p_member AND o.at > nd_now() - p_window)) b),
           h
      FROM provider_health h WHERE h.route = p_route;
END
$$;

-- Name: lot_give_back(bigint, bigint, bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.lot_give_back(p_team bigint, p_lot bigint, p_amount bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    l lot;
BEGIN
    SELECT * INTO STRICT l FROM lot WHERE id = p_lot;
    IF l.team_id = p_team AND l.expires_at > nd_now() THEN
        UPDATE lot SET remaining = remaining + p_amount WHERE id = p_lot;
        RETURN;
    END IF;
    INSERT INTO lot (team_id, source, priority, expires_at, granted, remaining, granted_at)
    VALUES (p_team, l.source, l.priority,
            CASE WHEN l.expires_at > nd_now() THEN l.expires_at ELSE nd_now() + interval '14 days' END,
            p_amount, p_amount, nd_now());
END
$$;

-- Name: lots_burn(bigint, bigint, bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.lots_burn(p_team bigint, p_seq bigint, p_amount bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    l lot;
    v_rest bigint := p_amount;
    v_take bigint;
    v_n integer := 0;
BEGIN
    FOR l IN SELECT * FROM lot o WHERE o.team_id = p_team AND o.remaining > 0 ORDER BY o.priority, o.expires_at, o.id LOOP
        v_take := least(v_rest, l.remaining);
        v_rest := v_rest - v_take;
        UPDATE lot SET remaining = remaining - v_take WHERE id = l.id;
        IF v_take < p_amount THEN
            v_n := v_n + 1;
            INSERT INTO draw (team_id, seq, n, lot_id, amount) VALUES (p_team, p_seq, v_n, l.id, v_take);
        END IF;
        EXIT WHEN v_rest = 0;
    END LOOP;
    IF v_rest > 0 THEN
        RAISE EXCEPTION 'the lots of team % hold % credits less than its balance', p_team, v_rest USING ERRCODE = 'ND002';
    END IF;
END
$$;

-- Name: lots_take_back(bigint, text, bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.lots_take_back(p_team bigint, p_source text, p_most bigint) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
    w wallet;
    l lot;
    v_taken bigint := 0;
    v_part bigint;
    v_lot bigint;
BEGIN
    w := wallet_lock(p_team);
    PERFORM wallet_stash(w.team_id);
    FOR l IN SELECT * FROM lot o WHERE o.team_id = w.team_id AND o.source = p_source AND o.remaining > 0 ORDER BY o.id LOOP
        v_part := least(l.remaining, p_most - v_taken);
        EXIT WHEN v_part = 0;
        v_lot := l.id;
        IF v_part = l.remaining THEN
            UPDATE lot SET remaining = 0, expires_at = nd_now() WHERE id = l.id;
        ELSE  -- a lot lapses as a whole: this part of it becomes one
            UPDATE lot SET remaining = remaining - v_part, granted = granted - v_part WHERE id = l.id;
            INSERT INTO lot (team_id, source, priority, expires_at, granted, remaining, granted_at)
            VALUES (w.team_id, l.source, l.priority, nd_now(), v_part, 0, l.granted_at) RETURNING id INTO v_lot;
        END IF;
        PERFORM wallet_book(w.team_id, 'expire', system_key(2, v_lot), -1, -v_part, 0, v_lot, NULL, NULL, NULL, NULL, nd_now());
        v_taken := v_taken + v_part;
    END LOOP;
    PERFORM wallet_pick(w.team_id);
    RETURN v_taken;
END
$$;

-- Name: measure_latency(text, text, smallint, smallint, interval, integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.measure_latency(p_route text, p_operation text, p_duration_s smallint, p_lines smallint, p_history interval, p_most integer) RETURNS TABLE(p5_s double precision, p50_s double precision, p90_s double precision, p95_s double precision, samples bigint)
    LANGUAGE sql STABLE
    AS $$SELECT q[1], q[2], q[3], q[4], n
    FROM (SELECT percentile_cont(ARRAY[0.05, 0.5, 0.9, 0.95]) WITHIN GROUP (ORDER BY took_s) AS q, count(*) AS n
            FROM (SELECT took_s FROM provider_latency
                   WHERE (route, operation, duration_s, lines) = (p_route, p_operation, p_duration_s, p_lines)
                     AND at > nd_now() - p_history
                   ORDER BY at DESC LIMIT p_most) AS latest) AS measured$$;

-- Name: message_posted(bigint, bigint, integer, text, text, text, interval, uuid); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.message_posted(p_id bigint, p_fence bigint, p_version integer, p_message text, p_thread text, p_digest text, p_again interval, p_wakes uuid) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_id bigint;
BEGIN
    IF p_wakes IS NOT NULL THEN
        -- Generations are locked before their messages.
        PERFORM 1 FROM generations WHERE id = p_wakes FOR NO KEY UPDATE;
    END IF;
    UPDATE deliveries
       SET message_id = p_message, thread = p_thread, digest = p_digest, tries = 0, crashes = 0, lease_owner = NULL,
           lease_until = NULL, posted_at = coalesce(posted_at, nd_now()),
           state = CASE WHEN p_again IS NULL THEN 'done' ELSE 'due' END,
           wake_at = CASE WHEN p_again IS NULL THEN NULL WHEN version = p_version THEN nd_now() + p_again ELSE nd_now() END
     WHERE id = p_id AND fence = p_fence RETURNING id INTO v_id;
    IF v_id IS NOT NULL AND p_wakes IS NOT NULL THEN
        PERFORM wake_generation(p_wakes);
    END IF;
    RETURN v_id;
END
$$;

-- Name: move_deliveries(uuid, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.move_deliveries(p_generation uuid, p_thread text) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM 1 FROM generations g WHERE g.id = p_generation FOR NO KEY UPDATE;
    IF EXISTS (SELECT 1 FROM deliveries d WHERE d.generation_id = p_generation AND d.kind = 'result' AND d.state <> 'due') THEN
        RETURN false;
    END IF;
    UPDATE generations g SET thread = p_thread, version = g.version + 1 WHERE g.id = p_generation AND g.state <> 'done';
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    -- Whoever is at one of them is at it in the old place: what is refused there no longer sends anything elsewhere.
    UPDATE deliveries d
       SET memory = d.memory - 'where' - 'why', version = d.version + 1, fence = d.fence + 1,
           thread = CASE WHEN d.message_id IS NULL THEN NULL ELSE d.thread END,
           tries = CASE WHEN d.message_id IS NULL THEN 0 ELSE d.tries END,
           lease_owner = NULL, lease_until = NULL, turn_at = NULL, wake_at = nd_now()
     WHERE d.generation_id = p_generation AND d.state = 'due' AND d.kind IN ('progress', 'result', 'extra');
    UPDATE deliveries d SET memory = d.memory - 'where' - 'why'
     WHERE d.generation_id = p_generation AND d.memory ? 'where';
    RETURN true;
END
$$;

-- Name: note_alerts(bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.note_alerts(p_team bigint) RETURNS integer
    LANGUAGE plpgsql
    AS $$
DECLARE
    noted integer;
BEGIN
    INSERT INTO alert (team_id, kind, scope, period, cap, spent, balance, platform, installation, place)
    SELECT p_team, d.kind, d.scope, d.period, d.cap, d.spent, d.balance, d.platform, d.installation, d.channel
      FROM due_alerts(p_team) d;
    GET DIAGNOSTICS noted = ROW_COUNT;
    RETURN noted;
END
$$;

-- Name: note_approval(uuid); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.note_approval(p_generation uuid) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO alert (team_id, kind, cap, balance, generation_id, platform, installation, place)
    SELECT t.id, 'approval', (SELECT max(p.value::bigint) FROM jsonb_each_text(g.prices) p), c.balance, g.id, t.alert_platform,
           t.alert_installation, t.alert_channel
      FROM generations g JOIN team t ON t.id = team_spends_as(g.team_id), credit_balance(t.id) c
     WHERE g.id = p_generation AND t.alert_channel IS NOT NULL
       AND t.alert_platform = g.platform AND t.alert_installation = g.installation
    ON CONFLICT (generation_id, kind) DO NOTHING;
END
$$;

-- Name: note_gallery_lost(text, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.note_gallery_lost(p_platform text, p_installation text) RETURNS void
    LANGUAGE sql
    AS $$
    INSERT INTO alert (team_id, kind, cap, balance, platform, installation, place)
    SELECT t.id, 'gallery', 0, 0, t.alert_platform, t.alert_installation, t.alert_channel
      FROM workspace w JOIN team t ON t.id = team_spends_as(w.team_id)
     WHERE w.platform = p_platform AND w.installation = p_installation AND t.alert_channel IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM alert a
                        WHERE a.team_id = t.id AND a.kind = 'gallery' AND a.created_at > nd_now() - interval '1 day')
$$;

-- Name: note_incident(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.note_incident() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_provider text := split_part(NEW.route, '.', 1);
    v_open     incidents;
    v_routes   text[];
    v_held     text[];
    v_is_worst boolean;
BEGIN
    PERFORM pg_advisory_xact_lock(1852064068, hashtext(v_provider));
    SELECT * INTO v_open FROM incidents WHERE provider = v_provider AND ended_at IS NULL;
    IF v_open.id IS NULL AND NEW.to_state = 'healthy' THEN
        RETURN NULL;
    ELSIF v_open.id IS NULL THEN
        UPDATE incidents SET ended_at = NULL
         WHERE id = (SELECT i.id FROM incidents i WHERE i.provider = v_provider
                        AND i.ended_at > NEW.at - interval '10 minutes' ORDER BY i.ended_at DESC LIMIT 1)
        RETURNING * INTO v_open;
        IF NOT FOUND THEN
            INSERT INTO incidents (provider, began_at) VALUES (v_provider, NEW.at) RETURNING * INTO v_open;
        END IF;
    END IF;
    v_routes := array_remove(v_open.routes, NEW.route);
    v_held := array_remove(v_open.held, NEW.route);
    IF NEW.to_state <> 'healthy' THEN
        v_routes := array_append(v_routes, NEW.route);
    END IF;
    IF NEW.to_state = 'held' THEN
        v_held := array_append(v_held, NEW.route);
    END IF;
    v_is_worst := (cardinality(v_routes), cardinality(v_held)) > (cardinality(v_open.worst), cardinality(v_open.worst_held));
    UPDATE incidents
       SET routes = v_routes, held = v_held, ended_at = CASE WHEN v_routes = '{}' THEN NEW.at END,
           worst = CASE WHEN v_is_worst THEN v_routes ELSE worst END,
           worst_held = CASE WHEN v_is_worst THEN v_held ELSE worst_held END
     WHERE id = v_open.id;
    RETURN NULL;
END
$$;

-- Name: note_missing_permissions(text, text, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.note_missing_permissions(p_platform text, p_installation text, p_detail text) RETURNS void
    LANGUAGE sql
    AS $$
    INSERT INTO alert (team_id, kind, cap, balance, platform, installation, place, detail)
    SELECT t.id, 'permissions', 0, 0, t.alert_platform, t.alert_installation, t.alert_channel, p_detail
      FROM workspace w JOIN team t ON t.id = team_spends_as(w.team_id)
     WHERE w.platform = p_platform AND w.installation = p_installation AND t.alert_channel IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM alert a
                        WHERE a.team_id = t.id AND a.kind = 'permissions' AND a.detail = p_detail
                          AND a.created_at > nd_now() - interval '1 day')
$$;

-- Name: note_operators_change(bigint, text, jsonb); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.note_operators_change(p_team bigint, p_kind text, p_value jsonb) RETURNS void
    LANGUAGE sql
    AS $$
    SELECT set_rule(w.platform, w.installation, p_kind, '', p_value, 0)
      FROM (SELECT o.platform, o.installation FROM workspace o WHERE o.team_id = p_team ORDER BY 1, 2) w
$$;

-- Name: note_purchase_intent(text, text, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.note_purchase_intent(p_platform text, p_user text, p_installation text) RETURNS void
    LANGUAGE sql
    AS $$
    INSERT INTO purchase_intent (platform, user_id, installation) VALUES (p_platform, p_user, p_installation)
    ON CONFLICT (platform, user_id) DO UPDATE SET installation = excluded.installation, at = nd_now()
$$;

-- Name: restores; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.restores (
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT public.nd_now() NOT NULL,
    known_until timestamp with time zone,
    messages integer NOT NULL
);

-- Name: note_restore(boolean); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.note_restore(p_asked boolean) RETURNS SETOF public.restores
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_before text;
    v_messages integer;
    v_known timestamptz;
BEGIN
    INSERT INTO database_identity (identity) VALUES (this_database()) ON CONFLICT DO NOTHING;
    SELECT identity INTO v_before FROM database_identity FOR UPDATE;
    IF v_before = this_database() AND NOT p_asked THEN
        RETURN;
    END IF;
    UPDATE database_identity SET identity = this_database();
    SELECT max(seen) INTO v_known FROM (
        SELECT max(g.created_at) AS seen FROM generations g
        UNION ALL SELECT max(w.seen_at) FROM workers w
        UNION ALL SELECT s.at FROM (SELECT l.at FROM step_log l ORDER BY l.id DESC LIMIT 1) s) known;
    UPDATE deliveries SET memory = memory || '{"look": true}' WHERE state = 'due';
    GET DIAGNOSTICS v_messages = ROW_COUNT;
    RETURN QUERY INSERT INTO restores (known_until, messages) VALUES (v_known, v_messages) RETURNING *;
END
$$;

-- Name: note_undelivered(uuid); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.note_undelivered(p_generation uuid) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO alert (team_id, kind, cap, balance, generation_id, platform, installation, place)
    SELECT t.id, 'undelivered', coalesce(g.settled, g.consumed), c.balance, g.id, t.alert_platform, t.alert_installation,
           t.alert_channel
      FROM generations g JOIN team t ON t.id = team_spends_as(g.team_id), credit_balance(t.id) c
     WHERE g.id = p_generation AND t.alert_channel IS NOT NULL
    ON CONFLICT (generation_id, kind) DO NOTHING;
END
$$;

-- Name: overdue_attempts(text[], double precision[], double precision, integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.overdue_attempts(p_routes text[], p_p95_s double precision[], p_very double precision, p_limit integer) RETURNS TABLE(generation_id uuid, n smallint, how_late text)
    LANGUAGE sql STABLE
    AS $$
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

-- Name: people_not_accepted(text, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.people_not_accepted(p_route text, p_within interval) RETURNS integer
    LANGUAGE sql STABLE
    AS $$
    SELECT count(DISTINCT g.member_id)::int
      FROM attempts a JOIN generations g ON g.id = a.generation_id
     WHERE a.route = p_route AND a.error_class = 'invalid_request' AND a.ended_at > nd_now() - p_within
$$;

-- Name: period_start(public.budget_period, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.period_start(p_period public.budget_period, p_at timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE plpgsql IMMUTABLE
    AS $$
BEGIN
    RETURN date_trunc(p_period::text, p_at, 'UTC');
END
$$;

-- Name: pick_take(uuid, uuid, boolean); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.pick_take(p_id uuid, p_key uuid, p_alone boolean) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_first uuid;
BEGIN
    SELECT take_of INTO v_first FROM generations WHERE id = p_id;
    PERFORM 1 FROM generations WHERE id = v_first FOR NO KEY UPDATE;
    PERFORM 1 FROM generations WHERE take_of = v_first AND picked_at IS NOT NULL;
    IF FOUND THEN
        RETURN false;
    END IF;
    UPDATE generations SET picked_at = nd_now() WHERE id = p_id;
    INSERT INTO deliveries (generation_id, kind, key, wake_at) VALUES (p_id, 'pick', p_key, nd_now())
    ON CONFLICT DO NOTHING;
    IF p_alone THEN
        INSERT INTO removals (generation_id, files)
        SELECT id, false FROM generations
         WHERE take_of = v_first AND id <> p_id AND outcome = 'succeeded' AND state = 'done' AND clip IS NOT NULL
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN true;
END
$$;

-- Name: picture_is_needed(text, uuid); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.picture_is_needed(p_key text, p_except uuid) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT EXISTS (SELECT 1 FROM generations g WHERE g.scrubbed_at IS NULL AND g.id <> p_except
                    AND g.request ->> 'first_frame' IS NOT NULL AND g.request ->> 'first_frame' = p_key)
        OR EXISTS (SELECT 1 FROM generations g WHERE g.scrubbed_at IS NULL AND g.id <> p_except
                    AND g.request ->> 'last_frame' IS NOT NULL AND g.request ->> 'last_frame' = p_key)
        OR EXISTS (SELECT 1 FROM generations g WHERE g.scrubbed_at IS NULL AND g.id <> p_except
                    AND g.request -> 'references' <> '[]' AND g.request -> 'references' ? p_key)
        OR EXISTS (SELECT 1 FROM scheduled s WHERE s.state = 'waiting'
                    AND p_key = ANY (pictures_of_request(s.command -> 'request')))
$$;

-- Name: pictures_of_request(jsonb); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.pictures_of_request(p_request jsonb) RETURNS text[]
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT array_remove(ARRAY[p_request ->> 'first_frame', p_request ->> 'last_frame'], NULL)
        || ARRAY(SELECT jsonb_array_elements_text(coalesce(p_request -> 'references', '[]')))
$$;

-- Name: propose_showing(uuid, text, text, text, boolean, boolean); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.propose_showing(p_generation uuid, p_platform text, p_installation text, p_user text, p_adult boolean, p_spoiler boolean) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO showing (generation_id, platform, installation, user_id, is_spoiler)
    SELECT p_generation, p_platform, p_installation, p_user, p_spoiler FROM gallery g
     WHERE g.platform = p_platform AND g.installation = p_installation AND (g.is_adult OR NOT p_adult)
       AND rule_now(p_platform, p_installation, 'gallery', '') IS NULL
       AND NOT EXISTS (SELECT 1 FROM generations v WHERE v.id = p_generation AND (v.request ->> 'is_private')::boolean)
    ON CONFLICT (generation_id) DO NOTHING;
    RETURN FOUND;
END
$$;

-- Name: provider_health_events_are_kept(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.provider_health_events_are_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$BEGIN
    RAISE EXCEPTION 'provider_health_events is append-only: % is refused', TG_OP USING ERRCODE = 'ND003';
END$$;

-- Name: purchase_source(text, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.purchase_source(p_platform text, p_external text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT p_platform || ':' || p_external
$$;

-- Name: redeem_link(bytea, text, text, bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.redeem_link(p_code_hash bytea, p_platform text, p_installation text, p_member bigint, OUT status text, OUT team_id bigint, OUT made_by bigint, OUT moved bigint) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    c link_code;
    v_from bigint;
    v_joining bigint;
    v_frozen boolean;
BEGIN
    PERFORM joining_lock();
    moved := 0;
    SELECT s.team_id INTO v_from FROM workspace s WHERE s.platform = p_platform AND s.installation = p_installation;
    SELECT k.* INTO c FROM link_code k JOIN member m ON m.id = k.member_id AND m.user_id IS NOT NULL
     WHERE k.code_hash = p_code_hash;
    team_id := team_spends_as(c.team_id);
    made_by := c.member_id;
    status := CASE
        WHEN c.code_hash IS NULL THEN 'unknown_code'
        WHEN v_from IS NULL THEN 'unknown_team'
        WHEN c.used_platform = p_platform AND c.used_installation = p_installation AND v_from = team_id THEN 'replayed'
        WHEN c.used_at IS NOT NULL THEN 'used'
        WHEN c.expires_at <= nd_now() THEN 'expired'
        WHEN v_from = team_id THEN 'same_team'
    END;
    IF status IS NOT NULL THEN
        RETURN;
    END IF;
    v_frozen := (wallet_lock_own(least(v_from, team_id))).gates & 1 <> 0;
    v_frozen := (wallet_lock_own(greatest(v_from, team_id))).gates & 1 <> 0 OR v_frozen;
    IF v_frozen THEN
        status := 'frozen';
        RETURN;
    END IF;
    INSERT INTO joining (platform, installation, from_team, to_team, member_id)
    VALUES (p_platform, p_installation, v_from, redeem_link.team_id, p_member) RETURNING id INTO v_joining;
    UPDATE team t SET joined_to = redeem_link.team_id WHERE t.id = v_from OR t.joined_to = v_from;
    UPDATE workspace s SET team_id = redeem_link.team_id WHERE s.team_id = v_from;
    UPDATE link_code k SET used_at = nd_now(), used_platform = p_platform, used_installation = p_installation
     WHERE k.code_hash = p_code_hash;
    moved := wallet_move(v_from, team_id, v_joining, p_member);
    PERFORM wallet_gate(v_from);
    UPDATE team t SET low_alerted = false WHERE t.id = redeem_link.team_id AND moved > 0
       AND (SELECT w.balance >= t.low_balance FROM wallet w WHERE w.team_id = t.id);
    status := 'ok';
END
$$;

-- Name: redirect_messages(bigint, bigint, uuid, text, jsonb); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.redirect_messages(p_id bigint, p_fence bigint, p_generation uuid, p_thread text, p_told jsonb) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM 1 FROM generations WHERE id = p_generation FOR NO KEY UPDATE;
    PERFORM 1 FROM deliveries WHERE id = p_id AND fence = p_fence FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    UPDATE generations SET thread = p_thread WHERE id = p_generation;
    UPDATE deliveries d
       SET memory = CASE WHEN d.message_id IS NULL THEN (d.memory - ARRAY['plain', 'form', 'size_max', 'look']) || p_told
                         ELSE d.memory || p_told END,
           tries = CASE WHEN d.message_id IS NULL THEN 0 ELSE d.tries END,
           state = CASE WHEN d.kind = 'root' THEN 'gone' ELSE 'due' END,
           lease_owner = NULL, lease_until = NULL, turn_at = NULL, fence = d.fence + 1, version = d.version + 1,
           wake_at = CASE WHEN d.kind = 'root' THEN NULL ELSE nd_now() END
     WHERE d.generation_id = p_generation
       AND (d.state = 'due' OR d.kind = 'progress' AND d.state = 'done' AND d.message_id IS NOT NULL);
    RETURN true;
END
$$;

-- Name: refresh_queue_positions(text, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.refresh_queue_positions(p_route text, p_grace interval) RETURNS integer
    LANGUAGE plpgsql
    AS $$
DECLARE
    moved integer;
    counted integer;
BEGIN
    IF EXISTS (SELECT 1 FROM route_queue_counts c WHERE c.route = p_route AND c.waiting > 50
                  AND c.counted_at > clock_timestamp() - c.waiting * interval '2 milliseconds') THEN
        RETURN 0;
    END IF;
    WITH line AS MATERIALIZED (
        SELECT * FROM route_queue_order(p_route, p_grace)
    ), changed AS (
        SELECT l.* FROM line l JOIN route_queue q ON q.route = p_route AND q.generation_id = l.generation_id
         WHERE (q.place, q.team_turn, q.member_turn) <> (l.place, l.team_turn, l.member_turn) FOR NO KEY UPDATE OF q SKIP LOCKED
    ), written AS (
        UPDATE route_queue q SET place = c.place, team_turn = c.team_turn, member_turn = c.member_turn
          FROM changed c WHERE q.route = p_route AND q.generation_id = c.generation_id RETURNING 1
    )
    SELECT (SELECT count(*) FROM written), (SELECT count(*) FROM line) INTO moved, counted;
    INSERT INTO route_queue_counts AS c (route, counted_at, waiting) VALUES (p_route, clock_timestamp(), counted)
    ON CONFLICT (route) DO UPDATE SET counted_at = EXCLUDED.counted_at, waiting = EXCLUDED.waiting;
    RETURN moved;
END
$$;

-- Name: refund_credits(uuid, integer, bigint, bigint, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.refund_credits(p_key uuid, p_n integer, p_amount bigint, p_actor bigint, p_note text, OUT status text, OUT balance bigint, OUT held bigint, OUT given_back bigint) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    e entry;
    v_leg entry;
    w wallet;
    v_kept bigint;
BEGIN
    IF p_key IS NULL OR p_n IS NULL OR p_n < 1 OR p_amount IS NULL OR p_amount <= 0 THEN
        RAISE EXCEPTION 'refund wants a key, a number from 1 and an amount above zero' USING ERRCODE = 'ND001';
    END IF;
    balance := 0; held := 0; given_back := 0;
    SELECT * INTO e FROM entry o WHERE o.key = p_key AND o.leg = 0 AND o.kind = 'consume';
    IF NOT FOUND THEN
        status := 'unknown_hold';
        RETURN;
    END IF;
    w := wallet_lock_own(e.team_id);
    balance := w.balance; held := w.held;
    SELECT * INTO v_leg FROM entry o WHERE o.key = p_key AND o.leg = p_n + 1;
    IF FOUND THEN
        SELECT a.balance, a.held INTO balance, held FROM leg_answer(v_leg) a;
        given_back := v_leg.delta;
        status := CASE WHEN v_leg.delta = p_amount THEN 'replayed' ELSE 'key_conflict' END;
        RETURN;
    END IF;
    SELECT -e.delta - sum(o.delta) INTO v_kept FROM entry o WHERE o.key = p_key AND o.leg >= 1;
    IF v_kept IS NULL THEN
        status := 'not_settled';
    ELSIF p_amount > v_kept THEN
        status := 'exceeds_kept';
    ELSE
        given_back := p_amount;
        SELECT b.balance, b.held INTO balance, held
          FROM hold_give_back(w, e, 'refund', p_n + 1, p_amount, 0, p_actor, p_note) b;
        status := 'ok';
    END IF;
END
$$;

-- Name: refuse_change(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only: % of % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'ND003';
END
$$;

-- Name: release_owners(text[]); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.release_owners(p_owners text[]) RETURNS integer
    LANGUAGE plpgsql
    AS $$
DECLARE
    released integer := 0;
    moved integer;
BEGIN
    UPDATE generations SET lease_owner = NULL, lease_until = NULL, wake_at = nd_now()
     WHERE id IN (SELECT id FROM generations WHERE lease_owner = ANY (p_owners) FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS released = ROW_COUNT;
    UPDATE attempts SET lease_owner = NULL, lease_until = NULL, wake_at = nd_now()
     WHERE (generation_id, n) IN (
           SELECT generation_id, n FROM attempts WHERE lease_owner = ANY (p_owners) FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS moved = ROW_COUNT;
    released := released + moved;
    UPDATE deliveries SET lease_owner = NULL, lease_until = NULL, wake_at = nd_now()
     WHERE id IN (SELECT id FROM deliveries WHERE lease_owner = ANY (p_owners) FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS moved = ROW_COUNT;
    RETURN released + moved;
END
$$;

-- Name: release_showings(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.release_showings() RETURNS bigint
    LANGUAGE sql
    AS $$
    WITH over AS (
        UPDATE showing s SET state = CASE WHEN g.outcome = 'succeeded' AND g.clip IS NOT NULL THEN 'due' ELSE 'gone' END, wake_at = nd_now()
          FROM generations g WHERE s.state = 'waiting' AND g.id = s.generation_id AND g.state = 'done'
        RETURNING 1),
    removed AS (
        UPDATE showing s SET state = CASE s.state WHEN 'shown' THEN 'leaving' ELSE 'hidden' END, wake_at = nd_now(), fence = s.fence + 1
          FROM generations g WHERE s.state IN ('shown', 'due') AND g.id = s.generation_id
           AND (g.deleted_at IS NOT NULL OR g.hidden_at IS NOT NULL OR g.scrubbed_at IS NOT NULL)
        RETURNING 1)
    SELECT (SELECT count(*) FROM over) + (SELECT count(*) FROM removed)
$$;

-- Name: rename_workspace(text, text, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.rename_workspace(p_platform text, p_installation text, p_new text) RETURNS void
    LANGUAGE plpgsql
    AS $$
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

-- Name: reopen_channel(text, text, text, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.reopen_channel(p_platform text, p_installation text, p_channel text, p_least interval) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE channel_trouble SET undelivered = 1, checked_at = nd_now()
     WHERE platform = p_platform AND installation = p_installation AND channel = p_channel
       AND (undelivered < 2 OR checked_at IS NULL OR checked_at < nd_now() - p_least);
    RETURN FOUND;
END
$$;

-- Name: report_result(uuid, bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.report_result(p_generation uuid, p_member bigint, OUT told boolean, OUT is_first boolean) RETURNS record
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO reports (generation_id, member_id) VALUES (p_generation, p_member) ON CONFLICT DO NOTHING;
    is_first := FOUND;
    INSERT INTO alert (team_id, kind, cap, balance, generation_id, platform, installation, place)
    SELECT t.id, 'reported', 0, 0, g.id, t.alert_platform, t.alert_installation, t.alert_channel
      FROM generations g JOIN team t ON t.id = team_spends_as(g.team_id)
     WHERE g.id = p_generation AND t.alert_channel IS NOT NULL
    ON CONFLICT (generation_id, kind) DO NOTHING;
    SELECT EXISTS (SELECT 1 FROM alert a WHERE a.generation_id = p_generation AND a.kind = 'reported') INTO told;
END
$$;

-- Name: retry_generation(uuid); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.retry_generation(p_id uuid) RETURNS text
    LANGUAGE plpgsql
    AS $$
DECLARE
    g generations;
    v_is_gone boolean;
BEGIN
    SELECT * INTO g FROM generations WHERE id = p_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'unknown';
    END IF;
    SELECT bool_or(d.kind = 'result' AND d.state = 'gone') INTO v_is_gone FROM deliveries d WHERE d.generation_id = p_id;
    IF g.state = 'done' AND v_is_gone THEN
        UPDATE generations SET settled = settled - (
               SELECT coalesce(sum(e.delta), 0) FROM entry e WHERE e.key = p_id AND e.kind = 'refund')
         WHERE id = p_id;
        -- tries = 1: the next try looks first. A place may be open again, so the ladder is gone down from its top.
        UPDATE deliveries SET state = 'due', wake_at = nd_now(), tries = 1, created_at = nd_now(), fence = fence + 1,
                              lease_owner = NULL, lease_until = NULL, turn_at = NULL,
                              memory = memory - ARRAY['where', 'why', 'plain', 'form', 'size_max']
         WHERE generation_id = p_id AND state = 'gone' AND (kind = 'result' OR kind = 'root' AND g.thread IS NULL);
        RETURN 'redelivering';
    END IF;
    UPDATE deliveries SET version = version + 1,
                          wake_at = CASE WHEN lease_until > nd_now() THEN wake_at ELSE nd_now() END
     WHERE generation_id = p_id AND state = 'due';
    IF g.state = 'done' THEN
        RETURN CASE WHEN FOUND THEN 'woken' ELSE 'delivered' END;
    END IF;
    UPDATE generations SET version = version + 1, claims = 0,
                           wake_at = CASE WHEN lease_until > nd_now() THEN wake_at ELSE nd_now() END
     WHERE id = p_id;
    RETURN 'woken';
END
$$;

-- Name: revoke_link(bytea); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.revoke_link(p_code_hash bytea) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    DELETE FROM link_code WHERE code_hash = p_code_hash AND used_at IS NULL
$$;

-- Name: root_hears_of_the_end(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.root_hears_of_the_end() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM want_root_edit(NEW.generation_id, interval '0');
    RETURN NULL;
END
$$;

-- Name: root_hears_of_the_way(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.root_hears_of_the_way() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM want_root_edit(NEW.id, CASE WHEN OLD.state = 'asking' THEN interval '0' ELSE interval '5 seconds' END);
    RETURN NULL;
END
$$;

-- Name: route_ahead(text[], interval, uuid, bigint, bigint, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.route_ahead(p_routes text[], p_grace interval, p_self uuid, p_team bigint, p_member bigint, p_asked_at timestamp with time zone) RETURNS TABLE(route text, ahead bigint, joined_at timestamp with time zone, tokens double precision)
    LANGUAGE plpgsql STABLE
    SET enable_seqscan TO 'off'
    AS $$
DECLARE
    exact CONSTANT integer := 100;
    own record;
    counted integer;
BEGIN
    FOREACH route IN ARRAY p_routes LOOP
        ahead := 0;
        joined_at := NULL;
        tokens := route_tokens(route);
        IF EXISTS (SELECT 1 FROM route_queue q WHERE q.route = route_ahead.route AND q.generation_id <> p_self) THEN
            SELECT * INTO own FROM route_turn(route, p_self, p_team, p_member, p_asked_at);
            SELECT count(*) INTO ahead FROM (
                SELECT 1 FROM route_queue q
                 WHERE q.route = route_ahead.route AND q.generation_id <> p_self
                   AND (q.team_turn, q.member_turn, q.asked_at, q.generation_id)
                       < (own.team_turn, own.member_turn, p_asked_at, p_self)
                   AND (q.called_at IS NULL OR q.called_at > nd_now() - p_grace)
                 LIMIT exact) AS before_it;
            IF ahead >= exact THEN
                SELECT q.place INTO counted FROM route_queue q
                 WHERE q.route = route_ahead.route AND (q.team_turn, q.member_turn, q.asked_at, q.generation_id)
                       < (own.team_turn, own.member_turn, p_asked_at, p_self)
                 ORDER BY q.team_turn DESC, q.member_turn DESC, q.asked_at DESC, q.generation_id DESC LIMIT 1;
                ahead := greatest(ahead, counted);
            END IF;
        END IF;
        SELECT q.joined_at INTO joined_at FROM route_queue q WHERE q.route = route_ahead.route AND q.generation_id = p_self;
        RETURN NEXT;
    END LOOP;
END
$$;

-- Name: route_days(text[], integer, text[]); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.route_days(p_routes text[], p_days integer, p_bad text[]) RETURNS TABLE(route text, day date, ok bigint, bad bigint, seconds double precision)
    LANGUAGE sql STABLE
    AS $$
    SELECT b.route, (b.minute AT TIME ZONE 'UTC')::date,
           coalesce(sum(b.count) FILTER (WHERE b.class = 'ok'), 0), coalesce(sum(b.count) FILTER (WHERE b.class = ANY (p_bad)), 0),
           coalesce(sum(b.seconds) FILTER (WHERE b.class = 'ok'), 0)
      FROM provider_health_buckets b
     WHERE b.route = ANY (p_routes) AND b.minute >= ((nd_now() AT TIME ZONE 'UTC')::date - p_days + 1) AT TIME ZONE 'UTC'
     GROUP BY 1, 2
$$;

-- Name: route_queue_order(text, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.route_queue_order(p_route text, p_grace interval) RETURNS TABLE(generation_id uuid, team_turn integer, member_turn integer, place integer)
    LANGUAGE sql STABLE
    AS $$
    WITH busy AS (
        SELECT g.team_id, g.member_id, count(*) AS n
          FROM attempts a JOIN generations g ON g.id = a.generation_id
         WHERE a.route = p_route AND a.state IN ('intended', 'accepted', 'ambiguous')
         GROUP BY g.team_id, g.member_id
    ), in_member AS (
        SELECT q.generation_id AS id, q.team_id, q.asked_at, coalesce(b.n, 0)
               + row_number() OVER (PARTITION BY q.team_id, q.member_id ORDER BY q.asked_at, q.generation_id) AS member_turn
          FROM route_queue q LEFT JOIN busy b ON b.team_id = q.team_id AND b.member_id = q.member_id
         WHERE q.route = p_route AND (q.called_at IS NULL OR q.called_at > nd_now() - p_grace)
    ), in_team AS (
        SELECT m.*, coalesce(b.n, 0)
               + row_number() OVER (PARTITION BY m.team_id ORDER BY m.member_turn, m.asked_at, m.id) AS team_turn
          FROM in_member m LEFT JOIN (SELECT team_id, sum(n) AS n FROM busy GROUP BY team_id) b ON b.team_id = m.team_id
    )
    SELECT id, team_turn::integer, member_turn::integer,
           row_number() OVER (ORDER BY team_turn, member_turn, asked_at, id)::integer FROM in_team
$$;

-- Name: route_room(text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.route_room(p_route text) RETURNS integer
    LANGUAGE sql STABLE
    AS $$
    SELECT CASE WHEN h.state = 'held' AND (h.until IS NULL OR h.until > nd_now()) OR h.cooldown_until > nd_now() THEN 0
                ELSE greatest(0, least(h.slots - slots_taken(h.route), floor(coalesce(route_tokens(h.route), 1e9)))) END
      FROM provider_health h WHERE h.route = p_route
$$;

-- Name: route_spent(text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.route_spent(p_route text, OUT spent bigint, OUT reserved bigint) RETURNS record
    LANGUAGE sql STABLE
    AS $$
    SELECT coalesce(sum(CASE
               WHEN a.state = 'succeeded' THEN coalesce(a.cost_usd_micros, c.usd_micros)
               WHEN a.state = 'failed' AND coalesce(a.error_class, '') IN ('timeout', 'task_gone', 'outcome_unknown')
                 OR a.state = 'abandoned' THEN c.usd_micros
               WHEN a.state = 'failed' THEN coalesce(a.cost_usd_micros, 0) END), 0)::bigint,
           coalesce(sum(c.usd_micros) FILTER (
               WHERE a.state IS NULL OR a.state IN ('intended', 'accepted', 'ambiguous', 'late')), 0)::bigint
      FROM route_charges c LEFT JOIN attempts a ON a.generation_id = c.generation_id AND a.n = c.n
     WHERE c.route = p_route AND c.day = (nd_now() AT TIME ZONE 'UTC')::date
$$;

-- Name: route_tokens(text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.route_tokens(p_route text) RETURNS double precision
    LANGUAGE sql STABLE
    AS $$
    SELECT least(burst, tokens + greatest(0, extract(epoch FROM nd_now() - tokens_at)::double precision) * per_s)
      FROM route_limits WHERE route = p_route AND per_s IS NOT NULL
$$;

-- Name: route_turn(text, uuid, bigint, bigint, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.route_turn(p_route text, p_self uuid, p_team bigint, p_member bigint, p_asked_at timestamp with time zone, OUT team_turn integer, OUT member_turn integer) RETURNS record
    LANGUAGE plpgsql STABLE
    SET enable_seqscan TO 'off'
    AS $$
DECLARE
    of_team bigint;
    of_member bigint;
    last_turn integer;
BEGIN
    SELECT q.team_turn, q.member_turn INTO team_turn, member_turn
      FROM route_queue q WHERE q.route = p_route AND q.generation_id = p_self;
    IF FOUND THEN
        RETURN;
    END IF;
    SELECT count(*), count(*) FILTER (WHERE g.member_id = p_member) INTO of_team, of_member
      FROM attempts a JOIN generations g ON g.id = a.generation_id
     WHERE a.route = p_route AND a.state IN ('intended', 'accepted', 'ambiguous') AND g.team_id = p_team;
    -- Behind the same person's earlier ones, or behind what is under way.
    SELECT q.member_turn INTO last_turn FROM route_queue q
     WHERE q.route = p_route AND q.team_id = p_team AND q.member_id = p_member
       AND (q.asked_at, q.generation_id) < (p_asked_at, p_self)
     ORDER BY q.asked_at DESC, q.generation_id DESC LIMIT 1;
    member_turn := coalesce(last_turn, of_member) + 1;
    -- Behind the last of the same team that is served before it.
    SELECT q.team_turn INTO last_turn FROM route_queue q
     WHERE q.route = p_route AND q.team_id = p_team
       AND (q.member_turn, q.asked_at, q.generation_id) < (route_turn.member_turn, p_asked_at, p_self)
     ORDER BY q.member_turn DESC, q.asked_at DESC, q.generation_id DESC LIMIT 1;
    team_turn := coalesce(last_turn, of_team) + 1;
END
$$;

-- Name: routes_rate(text[]); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.routes_rate(p_routes text[]) RETURNS TABLE(route text, slots integer, per_s double precision, takes_s double precision)
    LANGUAGE sql STABLE
    AS $$
    SELECT h.route, h.slots, l.per_s, (SELECT min(p.p50_s) FROM provider_latency_learned p WHERE p.route = h.route)
      FROM provider_health h LEFT JOIN route_limits l USING (route)
     WHERE h.route = ANY (p_routes) AND NOT (h.state = 'held' AND (h.until IS NULL OR h.until > nd_now()))
$$;

-- Name: rule_log(text, text, bigint, integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.rule_log(p_platform text, p_installation text, p_before bigint, p_limit integer) RETURNS TABLE(id bigint, kind text, subject text, before jsonb, value jsonb, author text, at timestamp with time zone, is_operators boolean)
    LANGUAGE sql STABLE
    AS $$
    SELECT r.id, r.kind, r.subject,
           (SELECT o.value FROM rules o WHERE o.platform = r.platform AND o.installation = r.installation AND o.kind = r.kind
                                          AND o.subject = r.subject AND o.id < r.id ORDER BY o.id DESC LIMIT 1),
           r.value, m.user_id, r.at, r.author = 0
      FROM rules r LEFT JOIN member m ON m.id = r.author
     WHERE r.platform = p_platform AND r.installation = p_installation AND (p_before IS NULL OR r.id < p_before)
     ORDER BY r.id DESC LIMIT p_limit
$$;

-- Name: rule_now(text, text, text, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.rule_now(p_platform text, p_installation text, p_kind text, p_subject text) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
    SELECT r.value FROM rules r
     WHERE r.platform = p_platform AND r.installation = p_installation AND r.kind = p_kind AND r.subject = p_subject
     ORDER BY r.id DESC LIMIT 1
$$;

-- Name: rules_as_of(text, text, bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.rules_as_of(p_platform text, p_installation text, p_revision bigint) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object('id', n.id, 'kind', n.kind, 'subject', n.subject, 'value', n.value,
                                                 'author', m.user_id, 'at', extract(epoch FROM n.at))), '[]')
      FROM (SELECT DISTINCT ON (r.kind, r.subject) r.* FROM rules r
             WHERE r.platform = p_platform AND r.installation = p_installation
               AND (p_revision IS NULL OR r.id <= p_revision)
             ORDER BY r.kind, r.subject, r.id DESC) n
      LEFT JOIN member m ON m.id = n.author
     WHERE n.value IS NOT NULL
$$;

-- Name: rules_at(text, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.rules_at(p_platform text, p_installation text, OUT revision bigint, OUT fallback text, OUT outsiders text, OUT rules jsonb) RETURNS record
    LANGUAGE sql STABLE
    AS $$
    SELECT coalesce((SELECT max(r.id) FROM rules r WHERE r.platform = p_platform AND r.installation = p_installation), 0),
           coalesce((SELECT s.fallback FROM workspace_settings s
                      WHERE s.platform = p_platform AND s.installation = p_installation), 'any'),
           coalesce((SELECT s.outsiders FROM workspace_settings s
                      WHERE s.platform = p_platform AND s.installation = p_installation), 'nobody'),
           rules_as_of(p_platform, p_installation, NULL)
$$;

-- Name: same_team(text, text, text, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.same_team(p_platform text, p_installation text, p_other_platform text, p_other_installation text) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT EXISTS (SELECT 1 FROM workspace a JOIN workspace b ON b.team_id = a.team_id
                    WHERE a.platform = p_platform AND a.installation = p_installation
                      AND b.platform = p_other_platform AND b.installation = p_other_installation)
$$;

-- Name: schedule_video(uuid, text, text, text, jsonb, text, timestamp with time zone, boolean, integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.schedule_video(p_id uuid, p_platform text, p_installation text, p_user text, p_command jsonb, p_zone text, p_due timestamp with time zone, p_cheap boolean, p_most integer) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(
        'scheduled:' || p_platform || chr(31) || p_installation || chr(31) || p_user, 0));
    IF EXISTS (SELECT 1 FROM scheduled s WHERE s.id = p_id) THEN
        RETURN true;
    ELSIF (SELECT count(*) FROM scheduled s WHERE s.platform = p_platform AND s.installation = p_installation
                                              AND s.user_id = p_user AND s.state = 'waiting') >= p_most THEN
        RETURN false;
    END IF;
    INSERT INTO scheduled (id, platform, installation, user_id, command, zone, due_at, when_cheap)
    VALUES (p_id, p_platform, p_installation, p_user, p_command, p_zone, p_due, p_cheap);
    RETURN true;
END
$$;

-- Name: scheduled_to_warn(interval, integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.scheduled_to_warn(p_ahead interval, p_limit integer) RETURNS SETOF public.scheduled
    LANGUAGE sql
    AS $$
    UPDATE scheduled SET warned_at = nd_now()
     WHERE id IN (SELECT s.id FROM scheduled s
                   WHERE s.state = 'waiting' AND NOT s.when_cheap AND s.warned_at IS NULL AND s.due_at <= nd_now() + p_ahead
                   ORDER BY s.due_at LIMIT p_limit FOR UPDATE SKIP LOCKED)
    RETURNING *
$$;

-- Name: schema_version(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.schema_version() RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT max(version) FROM schema_migrations
$$;

-- Name: scrub_generation(uuid); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.scrub_generation(p_id uuid) RETURNS void
    LANGUAGE plpgsql
    AS $$
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

-- Name: set_alerts(bigint, bigint, text, text, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.set_alerts(p_team bigint, p_low_balance bigint, p_platform text, p_installation text, p_channel text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    w wallet := wallet_lock(p_team);
BEGIN
    UPDATE team SET low_balance = p_low_balance, low_alerted = false, alert_platform = p_platform,
                    alert_installation = p_installation, alert_channel = p_channel
     WHERE id = w.team_id;
    RETURN w.team_id IS NOT NULL;
END
$$;

-- Name: set_approval(bigint, bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.set_approval(p_team bigint, p_above bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    w wallet := wallet_lock(p_team);
BEGIN
    UPDATE team SET approval_above = p_above WHERE id = w.team_id;
    PERFORM wallet_gate(w.team_id);
    RETURN w.team_id IS NOT NULL;
END
$$;

-- Name: set_budget(bigint, text, text, text, bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.set_budget(p_team bigint, p_scope text, p_subject text, p_period text, p_cap bigint, OUT status text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $_$
DECLARE
    w wallet;
    v_scope budget_scope := p_scope;
    v_period budget_period := p_period;
    v_start timestamptz;
BEGIN
    IF (CASE v_scope WHEN 'member' THEN p_subject ~ '^([0-9]+|\*)$' WHEN 'channel' THEN p_subject <> ''
                     WHEN 'team' THEN p_subject = '' END) IS NOT TRUE OR v_period IS NULL OR p_cap < 0 THEN
        RAISE EXCEPTION 'a budget is of a member, a channel or the team, and not below zero' USING ERRCODE = 'ND001';
    END IF;
    w := wallet_lock(p_team);
    IF w.team_id IS NULL THEN
        status := 'unknown_team';
        RETURN;
    END IF;
    v_start := period_start(v_period, budget_open(w.team_id, NULL, NULL));
    IF p_cap IS NOT NULL THEN
        INSERT INTO budget (team_id, scope, subject, period, cap, starts_at, spent)
        VALUES (w.team_id, v_scope, p_subject, v_period, p_cap, v_start, CASE WHEN p_subject = '*' THEN 0
                ELSE budget_count(w.team_id, v_scope, p_subject, v_period, v_start) END)
        ON CONFLICT (team_id, scope, subject, period) DO UPDATE SET cap = p_cap;
    ELSE
        UPDATE budget SET cap = NULL
         WHERE team_id = w.team_id AND scope = v_scope AND subject = p_subject AND period = v_period;
        DELETE FROM budget b
         WHERE b.team_id = w.team_id AND b.cap IS NULL AND (b.subject = '*' OR NOT EXISTS (
               SELECT 1 FROM budget o WHERE o.team_id = b.team_id AND o.scope = b.scope AND o.period = b.period
                                        AND o.subject = '*' AND o.cap IS NOT NULL));
    END IF;
    PERFORM wallet_gate(w.team_id);
    status := 'ok';
END
$_$;

-- Name: set_rule(text, text, text, text, jsonb, bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.set_rule(p_platform text, p_installation text, p_kind text, p_subject text, p_value jsonb, p_author bigint) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
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

-- Name: settle_credits(uuid, bigint, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.settle_credits(p_key uuid, p_actual bigint, p_note text, OUT status text, OUT balance bigint, OUT held bigint, OUT given_back bigint) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    e entry;
    v_leg entry;
    w wallet;
BEGIN
    IF p_key IS NULL OR p_actual IS NULL OR p_actual < 0 THEN
        RAISE EXCEPTION 'settle wants a key and an amount of zero or more' USING ERRCODE = 'ND001';
    END IF;
    balance := 0; held := 0; given_back := 0;
    SELECT * INTO e FROM entry o WHERE o.key = p_key AND o.leg = 0 AND o.kind = 'consume';
    IF NOT FOUND THEN
        status := 'unknown_hold';
        RETURN;
    END IF;
    w := wallet_lock_own(e.team_id);
    balance := w.balance; held := w.held;
    SELECT * INTO v_leg FROM entry o WHERE o.key = p_key AND o.leg = 1;
    IF FOUND THEN
        SELECT a.balance, a.held INTO balance, held FROM leg_answer(v_leg) a;
        given_back := v_leg.delta;
        status := CASE WHEN v_leg.delta = -e.delta - p_actual THEN 'replayed' ELSE 'already_settled' END;
    ELSIF p_actual > -e.delta THEN
        status := 'exceeds_hold';
    ELSE
        given_back := -e.delta - p_actual;
        SELECT b.balance, b.held INTO balance, held
          FROM hold_give_back(w, e, 'settle', 1, given_back, -e.delta, NULL, p_note) b;
        status := 'ok';
    END IF;
END
$$;

-- Name: slots_taken(text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.slots_taken(p_route text) RETURNS bigint
    LANGUAGE sql STABLE
    AS $$SELECT count(*) FROM provider_slots WHERE route = p_route AND until > nd_now()$$;

-- Name: spend_budgets(jsonb); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.spend_budgets(p_spends jsonb) RETURNS void
    LANGUAGE sql
    AS $$
    INSERT INTO chat_budget AS c (key, spent_until, closed_until)
    SELECT s.key, nd_now() + make_interval(secs => least(sum(s.every_s), max(s.burst * s.every_s))), nd_now()
      FROM jsonb_to_recordset(p_spends) AS s (key text, burst integer, every_s double precision)
     GROUP BY s.key ORDER BY s.key
    ON CONFLICT (key) DO UPDATE
       SET spent_until = greatest(c.spent_until, least(
               greatest(c.spent_until, nd_now()) + (excluded.spent_until - nd_now()),
               nd_now() + (SELECT max(s.burst * s.every_s) * interval '1 second'
                             FROM jsonb_to_recordset(p_spends) AS s (key text, burst integer, every_s double precision)
                            WHERE s.key = excluded.key)))
$$;

-- Name: stalled_generations(interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.stalled_generations(p_overdue interval) RETURNS TABLE(id uuid, state text, stall text, since timestamp with time zone)
    LANGUAGE sql STABLE
    AS $$
    SELECT g.id, g.state, s.stall, g.updated_at
      FROM generations g CROSS JOIN LATERAL (SELECT generation_stall(g, p_overdue) AS stall) s
     WHERE g.state <> 'done' AND (g.wake_at IS NULL OR g.wake_at < nd_now() - p_overdue OR g.claims >= 6
           OR g.state = 'delivering' OR coalesce(g.window_ends, g.start_by) < nd_now() - interval '25 hours'
           OR EXISTS (SELECT 1 FROM deliveries d WHERE d.generation_id = g.id AND d.state = 'due'
                         AND (d.tries >= 5 OR d.kind = 'root' AND d.created_at < nd_now() - interval '15 minutes')))
       AND s.stall IS NOT NULL ORDER BY g.updated_at
$$;

-- Name: starts_counted(text, text, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.starts_counted(p_route text, p_class text, p_window interval) RETURNS bigint
    LANGUAGE sql STABLE
    AS $$SELECT coalesce(sum(count), 0) FROM provider_health_buckets
   WHERE class = p_class AND (p_route IS NULL OR route = p_route) AND minute > nd_now() - p_window - interval '1 minute'$$;

-- Name: statement_pending(bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.statement_pending(p_team bigint) RETURNS SETOF public.statement_line
    LANGUAGE plpgsql STABLE
    AS $$
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

-- Name: submit_generation(uuid, text, text, text, text, text, jsonb, text, jsonb, bigint, interval, interval, interval, text, interval, uuid, uuid, integer, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.submit_generation(p_id uuid, p_platform text, p_installation text, p_user text, p_channel text, p_place text, p_request jsonb, p_tier text, p_plans jsonb, p_free_amount bigint, p_free_period interval, p_start_by interval, p_approve_by interval, p_owner text, p_lease interval, p_root_key uuid, p_progress_key uuid, p_undelivered_most integer, p_begin_in interval, OUT status text, OUT balance bigint, OUT fallback text, OUT root_id bigint, OUT root_at timestamp with time zone) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_plan jsonb;
    v_team bigint;
    v_member bigint;
    v_moved credits_moved;
    v_asks boolean;
    v_elsewhere text;
BEGIN
    SELECT m.team_id, m.member_id INTO v_team, v_member
      FROM ensure_member(p_platform, p_installation, p_user, p_free_amount, p_free_period) m;
    SELECT s.fallback, s.elsewhere INTO fallback, v_elsewhere FROM workspace_settings s
     WHERE s.platform = p_platform AND s.installation = p_installation;
    fallback := coalesce(fallback, 'any');
    PERFORM 1 FROM generations WHERE id = p_id;
    IF FOUND THEN
        status := 'earlier';
        RETURN;
    END IF;
    PERFORM 1 FROM channel_trouble c
     WHERE c.platform = p_platform AND c.installation = p_installation AND c.channel = p_channel
       AND c.undelivered > p_undelivered_most;
    IF FOUND THEN
        status := 'closed';
        RETURN;
    END IF;
    v_plan := p_plans -> fallback;
    IF v_plan IS NULL THEN
        status := 'unplanned';
        RETURN;
    END IF;
    v_moved := consume_credits_atomic(v_team, p_id, (v_plan ->> 'credits')::bigint, v_member, p_channel, p_tier);
    balance := v_moved.balance;
    v_asks := v_moved.status = 'needs_approval';
    IF v_moved.status <> 'ok' THEN
        -- The same event may have come twice at once, and the other one was first: the wallet made us wait for it.
        PERFORM 1 FROM generations WHERE id = p_id;
        IF FOUND THEN
            status := 'earlier';
            RETURN;
        END IF;
        IF NOT v_asks THEN
            status := v_moved.status;
            RETURN;
        END IF;
    END IF;
    INSERT INTO generations (id, team_id, member_id, platform, installation, user_id, place, request, tier, chain, prices,
                             state, consumed, channel, start_by, wake_at, fallback, elsewhere)
    SELECT p_id, v_team, v_member, p_platform, p_installation, p_user, p_place, p_request, p_tier,
           ARRAY(SELECT jsonb_array_elements_text(v_plan -> 'chain')), v_plan -> 'prices',
           CASE WHEN v_asks THEN 'asking' ELSE 'queued' END,
           CASE WHEN v_asks THEN 0 ELSE (v_plan ->> 'credits')::bigint END,
           p_channel,
           nd_now() + CASE WHEN v_asks THEN p_approve_by ELSE p_start_by END,
           nd_now() + CASE WHEN v_asks THEN p_approve_by ELSE p_begin_in END,
           submit_generation.fallback, coalesce(v_elsewhere, 'offer');
    IF v_asks THEN
        PERFORM note_approval(p_id);
    END IF;
    INSERT INTO deliveries (generation_id, kind, key, wake_at) VALUES (p_id, 'progress', p_progress_key, nd_now() + p_begin_in);
    INSERT INTO deliveries (generation_id, kind, key, wake_at, lease_owner, lease_until, fence, tries)
    VALUES (p_id, 'root', p_root_key, nd_now() + p_lease, p_owner, nd_now() + p_lease, 1, 1)
    RETURNING id, created_at INTO root_id, root_at;
    status := CASE WHEN v_asks THEN 'asking' ELSE 'ok' END;
END
$$;

-- Name: submit_ruled_generation(uuid, text, text, text, text, text, jsonb, text, jsonb, bigint, interval, interval, interval, text, interval, uuid, uuid, integer, bigint, text, text, jsonb, text, text, text, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.submit_ruled_generation(p_id uuid, p_platform text, p_installation text, p_user text, p_channel text, p_place text, p_request jsonb, p_tier text, p_plans jsonb, p_free_amount bigint, p_free_period interval, p_start_by interval, p_approve_by interval, p_owner text, p_lease interval, p_root_key uuid, p_progress_key uuid, p_undelivered_most integer, p_revision bigint, p_decided_fallback text, p_decided_outsiders text, p_allowance jsonb, p_asked_by text, p_locale text, p_place_locale text, p_begin_in interval, OUT status text, OUT balance bigint, OUT fallback text, OUT root_id bigint, OUT root_at timestamp with time zone, OUT used jsonb, OUT has_gallery boolean) RETURNS record
    LANGUAGE plpgsql
    AS $$
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

-- Name: submit_ruled_generations(jsonb); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.submit_ruled_generations(p_asked jsonb) RETURNS TABLE(n integer, status text, balance bigint, fallback text, root_id bigint, root_at timestamp with time zone, used jsonb, has_gallery boolean)
    LANGUAGE plpgsql
    AS $$
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

-- Name: sweep_budgets(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.sweep_budgets() RETURNS integer
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_swept integer;
BEGIN
    DELETE FROM chat_budget WHERE key IN (
           SELECT key FROM chat_budget WHERE greatest(spent_until, closed_until) < nd_now() - interval '1 hour'
            ORDER BY key LIMIT 1000 FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS v_swept = ROW_COUNT;
    RETURN v_swept;
END
$$;

-- Name: system_key(integer, bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.system_key(p_space integer, p_id bigint) RETURNS uuid
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT ('00000000-0000-0000-' || lpad(to_hex(p_space), 4, '0') || '-' || lpad(to_hex(p_id), 12, '0'))::uuid
$$;

-- Name: take_away(uuid, boolean); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.take_away(p_id uuid, p_files boolean) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE generations SET hidden_at = coalesce(hidden_at, nd_now()), version = version + 1,
           deleted_at = CASE WHEN p_files THEN coalesce(deleted_at, nd_now()) ELSE deleted_at END
     WHERE id = p_id AND state = 'done';
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO clip_link AS l (generation_id, expires_at, revoked_at) VALUES (p_id, nd_now(), nd_now())
    ON CONFLICT (generation_id) DO UPDATE SET revoked_at = coalesce(l.revoked_at, nd_now());
    -- Whoever is about to post one of them finds its claim lost, and takes back what it has posted.
    UPDATE deliveries SET state = 'gone', wake_at = NULL, lease_owner = NULL, lease_until = NULL, fence = fence + 1
     WHERE generation_id = p_id AND state = 'due';
    INSERT INTO removals AS r (generation_id, files) VALUES (p_id, p_files)
    ON CONFLICT (generation_id) DO UPDATE SET files = r.files OR p_files, wake_at = nd_now(),
       done_at = CASE WHEN p_files AND NOT r.files THEN NULL ELSE r.done_at END;
    RETURN true;
END
$$;

-- Name: take_connection_turn(text, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.take_connection_turn(p_key text, p_every interval) RETURNS interval
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_now timestamptz := nd_now();
    v_free timestamptz;
BEGIN
    INSERT INTO connection_turn AS t (key, free_at) VALUES (p_key, v_now + p_every)
    ON CONFLICT (key) DO UPDATE SET free_at = greatest(t.free_at, v_now) + p_every
    RETURNING free_at - p_every INTO v_free;
    RETURN greatest(v_free - v_now, interval '0');
END
$$;

-- Name: take_duty(text, text, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.take_duty(p_name text, p_holder text, p_for interval) RETURNS boolean
    LANGUAGE sql
    AS $$
    WITH taken AS (
        INSERT INTO duties AS d (name, holder, until) VALUES (p_name, p_holder, nd_now() + p_for)
        ON CONFLICT (name) DO UPDATE SET holder = p_holder, until = nd_now() + p_for
         WHERE d.holder = p_holder OR d.until <= nd_now()
        RETURNING 1)
    SELECT EXISTS (SELECT 1 FROM taken)
$$;

-- Name: take_route_token(text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.take_route_token(p_route text) RETURNS void
    LANGUAGE sql
    AS $$
    UPDATE route_limits SET tokens = route_tokens(p_route) - 1, tokens_at = nd_now()
     WHERE route = p_route AND per_s IS NOT NULL
$$;

-- Name: take_turn(bigint, text, text[], integer[], double precision[], integer[]); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.take_turn(p_delivery bigint, p_gate text, p_keys text[], p_bursts integer[], p_every double precision[], p_kept integer[]) RETURNS double precision
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_now timestamptz := nd_now();
    v_turn timestamptz := nd_now();
    v_closed timestamptz;
    v_kept timestamptz;
    l record;
    b chat_budget;
BEGIN
    SELECT closed_until INTO v_closed FROM chat_budget WHERE key = p_gate;
    IF p_kept IS NULL THEN
        SELECT turn_at INTO v_kept FROM deliveries WHERE id = p_delivery;
    END IF;
    FOR l IN SELECT u.key, u.burst, u.every, coalesce(u.kept, 0) AS kept
               FROM unnest(p_keys, p_bursts, p_every, p_kept) AS u (key, burst, every, kept) ORDER BY u.key
    LOOP
        INSERT INTO chat_budget AS c (key, spent_until, closed_until) VALUES (l.key, v_now, v_now)
        ON CONFLICT (key) DO UPDATE SET spent_until = greatest(c.spent_until, c.closed_until, v_now) RETURNING * INTO b;
        v_closed := greatest(v_closed, b.closed_until);
        v_turn := greatest(v_turn, b.closed_until,
                           b.spent_until - (l.burst - 1 - l.kept) * make_interval(secs => l.every));
    END LOOP;
    v_turn := greatest(v_turn, v_closed);
    IF v_kept <= v_now AND NOT v_closed > v_now THEN
        UPDATE deliveries SET turn_at = NULL WHERE id = p_delivery;
        RETURN 0;
    ELSIF v_kept > v_now AND v_kept >= v_closed THEN
        RETURN extract(epoch FROM v_kept - v_now);
    ELSIF p_kept IS NOT NULL AND v_turn > v_now THEN
        RETURN extract(epoch FROM v_turn - v_now);
    END IF;
    UPDATE chat_budget c SET spent_until = greatest(c.spent_until, v_turn) + make_interval(secs => u.every)
      FROM unnest(p_keys, p_every) AS u (key, every) WHERE c.key = u.key;
    IF v_turn > v_now THEN
        UPDATE deliveries SET turn_at = v_turn WHERE id = p_delivery;
    END IF;
    RETURN extract(epoch FROM v_turn - v_now);
END
$$;

-- Name: takes_follow(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.takes_follow() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM follow_first_take(NEW.id, NEW.thread);
    RETURN NULL;
END
$$;

-- Name: team_lots(bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.team_lots(p_team bigint) RETURNS TABLE(source text, granted bigint, remaining bigint, granted_at timestamp with time zone, expires_at timestamp with time zone)
    LANGUAGE sql STABLE
    AS $$
    SELECT l.source, l.granted, l.remaining, l.granted_at, nullif(l.expires_at, 'infinity') FROM (
        SELECT o.id, o.source, o.priority, o.granted, o.granted_at, o.expires_at,
               o.remaining + CASE WHEN o.id = w.lot_id THEN w.lot_left ELSE 0 END AS remaining
          FROM lot o JOIN wallet w ON w.team_id = o.team_id WHERE o.team_id = p_team
        UNION ALL
        SELECT NULL, 'free', 10, p.amount, p.effective_at, p.ends_at, p.amount
          FROM wallet_pending(p_team) p WHERE p.kind = 'free') l
     WHERE l.remaining > 0 AND l.expires_at > nd_now() ORDER BY l.priority, l.expires_at, l.id
$$;

-- Name: team_spends_as(bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.team_spends_as(p_team bigint) RETURNS bigint
    LANGUAGE plpgsql STABLE
    AS $$
DECLARE
    v_team bigint := p_team;
    v_next bigint;
BEGIN
    FOR hop IN 1..100 LOOP
        SELECT t.joined_to INTO v_next FROM team t WHERE t.id = v_team;
        EXIT WHEN v_next IS NULL;
        v_team := v_next;
    END LOOP;
    RETURN v_team;
END
$$;

-- Name: teams_to_alert(integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.teams_to_alert(p_limit integer) RETURNS SETOF bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    RETURN QUERY
    SELECT t.id FROM team t JOIN wallet w ON w.team_id = t.id
     WHERE t.alert_channel IS NOT NULL AND t.joined_to IS NULL
       AND (NOT t.low_alerted AND (w.balance < t.low_balance OR w.next_event <= nd_now())
            OR w.gates & 4 <> 0 AND EXISTS (SELECT 1 FROM budget b WHERE b.team_id = t.id AND budget_alert_is_due(b)))
     ORDER BY random() LIMIT p_limit;
END
$$;

-- Name: thaw_team(bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.thaw_team(p_team bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    w wallet := wallet_lock(p_team);
BEGIN
    UPDATE wallet o SET gates = o.gates & ~1 WHERE o.team_id = w.team_id;
    RETURN w.team_id IS NOT NULL;
END
$$;

-- Name: this_database(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.this_database() RETURNS text
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    RETURN concat_ws(':', (SELECT c.system_identifier FROM pg_control_system() c),
                          (SELECT c.timeline_id FROM pg_control_checkpoint() c), 'generations'::regclass::oid);
EXCEPTION WHEN insufficient_privilege OR feature_not_supported OR undefined_function THEN
    RETURN 'generations'::regclass::oid::text;
END
$$;

-- Name: thread_opened(bigint, bigint, uuid, text, text, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.thread_opened(p_id bigint, p_fence bigint, p_generation uuid, p_thread text, p_message text, p_pause interval) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_id bigint;
BEGIN
    PERFORM 1 FROM generations WHERE id = p_generation FOR NO KEY UPDATE;
    v_id := message_posted(p_id, p_fence, 0, p_message, p_thread, '', NULL, NULL);
    IF v_id IS NOT NULL THEN
        UPDATE generations SET thread = p_thread WHERE id = p_generation;
        UPDATE deliveries
           SET version = version + 1, wake_at = CASE WHEN lease_until > nd_now() THEN wake_at ELSE nd_now() + p_pause END
         WHERE generation_id = p_generation AND state = 'due' AND kind <> 'root';
    END IF;
    RETURN v_id;
END
$$;

-- Name: threads_opened(bigint[], bigint[], uuid[], text[], text[], interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.threads_opened(p_ids bigint[], p_fences bigint[], p_generations uuid[], p_threads text[], p_messages text[], p_pause interval) RETURNS SETOF bigint
    LANGUAGE sql
    AS $$
    SELECT o.id FROM (SELECT * FROM unnest(p_ids, p_fences, p_generations, p_threads, p_messages)
                             AS u (id, fence, generation, thread, message) ORDER BY u.generation) u,
           LATERAL thread_opened(u.id, u.fence, u.generation, u.thread, u.message, p_pause) AS o (id)
     WHERE o.id IS NOT NULL
$$;

-- Name: to_be_scrubbed(integer, integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.to_be_scrubbed(p_days integer, p_limit integer) RETURNS TABLE(id uuid, pictures text[])
    LANGUAGE sql STABLE
    AS $$
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

-- Name: tokens_renewed(text, text, text, text, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.tokens_renewed(p_platform text, p_installation text, p_by text, p_sealed text, p_expires_at timestamp with time zone) RETURNS boolean
    LANGUAGE sql
    AS $$
    WITH written AS (
        UPDATE app_installation SET sealed = p_sealed, expires_at = p_expires_at, changed_at = nd_now(),
               refresh_by = NULL, refresh_until = NULL
         WHERE platform = p_platform AND installation = p_installation AND ended_at IS NULL AND refresh_by = p_by
        RETURNING 1)
    SELECT EXISTS (SELECT 1 FROM written)
$$;

-- Name: transition_generation(uuid, bigint, integer, text, timestamp with time zone, interval, jsonb, jsonb, boolean, uuid); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.transition_generation(p_id uuid, p_fence bigint, p_version integer, p_state text, p_wake_at timestamp with time zone, p_keep interval, p_change jsonb DEFAULT NULL::jsonb, p_line jsonb DEFAULT NULL::jsonb, p_news boolean DEFAULT false, p_result_key uuid DEFAULT NULL::uuid) RETURNS integer
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_version integer;
BEGIN
    UPDATE generations
       SET state = p_state,
           wake_at = CASE WHEN p_state = 'done' THEN NULL
                          WHEN p_keep IS NOT NULL THEN nd_now() + p_keep
                          WHEN version = p_version THEN p_wake_at
                          ELSE nd_now() END,
           lease_owner = CASE WHEN p_keep IS NULL THEN NULL ELSE lease_owner END,
           lease_until = CASE WHEN p_keep IS NULL THEN NULL ELSE nd_now() + p_keep END,
           version = version + CASE WHEN p_keep IS NULL THEN 1 ELSE 0 END,
           claims = 0,
           done_at = CASE WHEN p_state = 'done' THEN nd_now() END,
           updated_at = nd_now(),
           reason = coalesce(p_change -> 'reason', reason),
           plan = coalesce(p_change -> 'plan', plan),
           window_ends = coalesce(window_ends, nd_now() + make_interval(secs => (p_change ->> 'window_s')::float8)),
           winner_attempt = coalesce(winner_attempt, (p_change ->> 'winner')::smallint),
           outcome = coalesce(p_change ->> 'outcome', outcome),
           settled = coalesce((p_change ->> 'settled')::bigint, settled),
           clip = coalesce(p_change -> 'clip', clip),
           error_class = CASE WHEN p_change ? 'outcome' THEN p_change ->> 'error_class' ELSE error_class END
     WHERE id = p_id AND fence = p_fence AND state <> 'done'
    RETURNING version INTO v_version;
    IF v_version IS NULL THEN
        RETURN NULL;
    END IF;
    IF p_line IS NOT NULL THEN
        INSERT INTO step_log (generation_id, worker, fence, step, outcome, facts, wake_at)
        VALUES (p_id, p_line ->> 'worker', p_fence, p_line ->> 'step', p_line ->> 'outcome', p_line -> 'facts',
                (p_line ->> 'wake_at')::timestamptz);
    END IF;
    IF p_news THEN
        PERFORM wake_messages(p_id);
    END IF;
    IF p_result_key IS NOT NULL THEN
        INSERT INTO deliveries (generation_id, kind, key, wake_at) VALUES (p_id, 'result', p_result_key, nd_now())
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN v_version;
END
$$;

-- Name: turn_of_the_show(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.turn_of_the_show() RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
    c contest;
    g gallery;
    v_best uuid[];
    v_done bigint := 0;
BEGIN
    FOR c IN SELECT * FROM contest o WHERE o.state = 'planned' AND o.starts_at <= nd_now() FOR UPDATE SKIP LOCKED LOOP
        UPDATE contest o SET state = 'open' WHERE o.id = c.id;
        INSERT INTO announcement (platform, installation, kind, contest_id) VALUES (c.platform, c.installation, 'contest_begins', c.id);
        v_done := v_done + 1;
    END LOOP;
    FOR c IN SELECT * FROM contest o WHERE o.state = 'open' AND o.ends_at <= nd_now() FOR UPDATE SKIP LOCKED LOOP
        PERFORM 1 FROM showing s WHERE s.contest_id = c.id ORDER BY s.generation_id FOR UPDATE;  -- votes under way are in, or over
        v_best := ARRAY(SELECT s.generation_id FROM showing s WHERE s.contest_id = c.id AND s.state = 'shown' AND s.votes > 0
                         ORDER BY s.votes DESC, s.shown_at, s.generation_id LIMIT 3);
        UPDATE contest o SET state = 'closed', winner = v_best[1] WHERE o.id = c.id;
        INSERT INTO announcement (platform, installation, kind, contest_id, best)
        VALUES (c.platform, c.installation, 'contest_ends', c.id, v_best);
        v_done := v_done + 1;
    END LOOP;
    FOR g IN SELECT * FROM gallery o WHERE o.best_next <= nd_now() FOR UPDATE SKIP LOCKED LOOP
        v_best := ARRAY(SELECT s.generation_id FROM showing s
                         WHERE s.platform = g.platform AND s.installation = g.installation AND s.state = 'shown' AND s.votes > 0
                           AND s.shown_at > nd_now() - interval '7 days'
                         ORDER BY s.votes DESC, s.shown_at, s.generation_id LIMIT 3);
        UPDATE gallery o SET best_next = nd_now() + interval '7 days'
         WHERE o.platform = g.platform AND o.installation = g.installation;
        IF cardinality(v_best) > 0 AND rule_now(g.platform, g.installation, 'gallery', '') IS NULL THEN
            INSERT INTO announcement (platform, installation, kind, best) VALUES (g.platform, g.installation, 'best', v_best);
        END IF;
        v_done := v_done + 1;
    END LOOP;
    RETURN v_done;
END
$$;

-- Name: undo_purchase(text, text, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.undo_purchase(p_platform text, p_external text, p_sku text, OUT status text, OUT taken_back bigint, OUT owed bigint) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    p purchase;
    v_taken bigint;
    v_buyer text;
BEGIN
    SELECT o.buyer INTO v_buyer FROM purchase o WHERE o.platform = p_platform AND o.external_id = p_external;
    IF v_buyer IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(hashtextextended('neverdark/buyer' || chr(31) || p_platform || chr(31) || v_buyer, 0));
    END IF;
    INSERT INTO purchase (platform, external_id, sku) VALUES (p_platform, p_external, p_sku) ON CONFLICT DO NOTHING;
    SELECT * INTO STRICT p FROM purchase o WHERE o.platform = p_platform AND o.external_id = p_external FOR UPDATE;
    IF p.team_id IS NULL THEN
        UPDATE purchase o SET undone_at = coalesce(o.undone_at, nd_now())
         WHERE o.platform = p_platform AND o.external_id = p_external;
        status := 'unknown'; taken_back := 0; owed := 0;
        RETURN;
    END IF;
    v_taken := lots_take_back(p.team_id, purchase_source(p_platform, p_external),
                              CASE WHEN p.undone_at IS NULL THEN p.granted ELSE p.owed END);
    UPDATE purchase o
       SET taken_back = o.taken_back + v_taken, undone_at = coalesce(o.undone_at, nd_now()),
           owed = CASE WHEN o.undone_at IS NULL THEN o.credits - v_taken ELSE o.owed - v_taken END
     WHERE o.platform = p_platform AND o.external_id = p_external
    RETURNING o.taken_back, o.owed INTO undo_purchase.taken_back, undo_purchase.owed;
    status := CASE WHEN p.undone_at IS NULL THEN 'ok' ELSE 'replayed' END;
END
$$;

-- Name: unlink_workspace(text, text, bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.unlink_workspace(p_platform text, p_installation text, p_member bigint, OUT status text, OUT team_id bigint) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    s workspace;
BEGIN
    PERFORM joining_lock();
    SELECT * INTO s FROM workspace o WHERE o.platform = p_platform AND o.installation = p_installation;
    team_id := s.home_team_id;
    status := CASE WHEN team_id IS NULL THEN 'unknown_team' WHEN team_id = s.team_id THEN 'not_linked' ELSE 'ok' END;
    IF status <> 'ok' THEN
        RETURN;
    END IF;
    PERFORM wallet_lock_own(team_id);
    PERFORM wallet_stash(team_id);
    INSERT INTO joining (platform, installation, from_team, to_team, member_id)
    VALUES (p_platform, p_installation, s.team_id, s.home_team_id, p_member);
    UPDATE team t SET joined_to = NULL WHERE t.id = s.home_team_id;
    UPDATE workspace o SET team_id = s.home_team_id WHERE o.platform = p_platform AND o.installation = p_installation;
    PERFORM wallet_gate(team_id);
    PERFORM wallet_pick(team_id);
END
$$;

-- Name: waiting_ahead(text, text, text[]); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.waiting_ahead(p_platform text, p_installation text, p_chain text[]) RETURNS bigint
    LANGUAGE sql STABLE
    AS $$
    WITH by_team AS (
        SELECT one.team_id, count(*) AS n FROM (
            SELECT g.team_id FROM generations g
             WHERE g.state = 'queued' AND g.cancel_requested_at IS NULL AND g.chain <@ p_chain LIMIT 2000) AS one
         GROUP BY one.team_id
    ), own AS (
        SELECT coalesce((SELECT b.n FROM by_team b JOIN workspace w ON w.team_id = b.team_id
                          WHERE w.platform = p_platform AND w.installation = p_installation), 0) AS n
    )
    SELECT coalesce(sum(least(b.n, own.n + 1)), 0)::bigint FROM by_team b, own
$$;

-- Name: wake_generation(uuid); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.wake_generation(p_id uuid) RETURNS integer
    LANGUAGE sql
    AS $$
    UPDATE generations
       SET version = version + 1,
           wake_at = CASE WHEN lease_until > nd_now() THEN wake_at ELSE nd_now() END
     WHERE id = p_id AND state <> 'done'
    RETURNING version
$$;

-- Name: wake_messages(uuid); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.wake_messages(p_id uuid) RETURNS void
    LANGUAGE sql
    AS $$
    UPDATE deliveries
       SET version = version + 1, wake_at = CASE WHEN lease_until > nd_now() THEN wake_at ELSE nd_now() END
     WHERE generation_id = p_id AND state = 'due' AND kind <> 'root'
$$;

-- Name: wake_next_in_queues(interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.wake_next_in_queues(p_grace interval) RETURNS TABLE(route text, generation_id uuid)
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
    r record;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM route_queue) OR NOT pg_try_advisory_xact_lock(1852064067) THEN
        RETURN;
    END IF;
    FOR r IN SELECT h.route, route_room(h.route) AS room FROM provider_health h
              WHERE EXISTS (SELECT 1 FROM route_queue q WHERE q.route = h.route) ORDER BY h.route LOOP
        CONTINUE WHEN r.room <= 0;
        PERFORM refresh_queue_positions(r.route, p_grace);
        RETURN QUERY
        WITH line AS (
            SELECT q.generation_id, q.called_at FROM route_queue q
             WHERE q.route = r.route AND (q.called_at IS NULL OR q.called_at > nd_now() - p_grace)
             ORDER BY q.team_turn, q.member_turn, q.asked_at, q.generation_id LIMIT r.room
        ), free AS (
            SELECT g.id FROM generations g JOIN line l ON l.generation_id = g.id
             WHERE l.called_at IS NULL FOR NO KEY UPDATE OF g SKIP LOCKED
        ), woken AS (
            UPDATE generations g
               SET version = g.version + 1, wake_at = CASE WHEN g.lease_until > nd_now() THEN g.wake_at ELSE nd_now() END
              FROM free f WHERE g.id = f.id RETURNING g.id
        )
        UPDATE route_queue q SET called_at = nd_now() FROM woken w
         WHERE q.route = r.route AND q.generation_id = w.id RETURNING q.route, q.generation_id;
    END LOOP;
END
$$;

-- Name: wallet_book(bigint, public.entry_kind, uuid, integer, bigint, bigint, bigint, bigint, bigint, text, text, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.wallet_book(p_team bigint, p_kind public.entry_kind, p_key uuid, p_leg integer, p_delta bigint, p_held bigint, p_lot bigint, p_member bigint, p_actor bigint, p_channel text, p_note text, p_at timestamp with time zone, OUT seq bigint, OUT balance bigint, OUT held bigint) RETURNS record
    LANGUAGE plpgsql
    AS $$
BEGIN
    SELECT w.seq + 1, w.balance + p_delta, w.held + p_held INTO STRICT seq, balance, held
      FROM wallet w WHERE w.team_id = p_team;
    INSERT INTO entry (team_id, seq, delta, held_delta, balance_after, held_after, at, lot_id, member_id, actor_id, leg,
                       kind, key, channel, note)
    VALUES (p_team, wallet_book.seq, p_delta, p_held, balance, held, p_at, p_lot, p_member, p_actor, p_leg,
            p_kind, p_key, p_channel, p_note)
    ON CONFLICT (key, leg) DO NOTHING;
    IF NOT FOUND THEN
        seq := NULL;
        RETURN;
    END IF;
    UPDATE wallet w SET seq = wallet_book.seq, balance = wallet_book.balance, held = wallet_book.held
     WHERE w.team_id = p_team;
END
$$;

-- Name: wallet_book_due(bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.wallet_book_due(p_team bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    due record;
    v_lot bigint;
    v_booked record;
BEGIN
    PERFORM wallet_stash(p_team);
    FOR due IN SELECT * FROM wallet_pending(p_team) LOOP
        IF due.kind = 'expire' THEN
            UPDATE lot SET remaining = 0 WHERE id = due.lot_id;
            v_booked := wallet_book(p_team, 'expire', system_key(2, due.lot_id), -1, -due.amount, 0, due.lot_id,
                                    NULL, NULL, NULL, NULL, nd_now());
        ELSE
            INSERT INTO lot (team_id, source, priority, expires_at, granted, remaining, granted_at)
            VALUES (p_team, 'free', 10, due.ends_at, due.amount, due.amount, due.effective_at) RETURNING id INTO v_lot;
            v_booked := wallet_book(p_team, 'free', system_key(1, p_team),
                                    date '1999-12-31' - (due.effective_at AT TIME ZONE 'UTC')::date,
                                    due.amount, 0, v_lot, NULL, NULL, NULL, NULL, nd_now());
            UPDATE team t SET free_next = due.ends_at, low_alerted = t.low_alerted AND v_booked.balance < t.low_balance
             WHERE t.id = p_team;
        END IF;
        IF v_booked.seq IS NULL THEN
            RAISE EXCEPTION '% of team % was booked before', due.kind, p_team USING ERRCODE = 'ND002';
        END IF;
    END LOOP;
    PERFORM wallet_pick(p_team);
END
$$;

-- Name: wallet_gate(bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.wallet_gate(p_team bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE wallet w SET gates = (w.gates & 1)
               | CASE WHEN t.joined_to IS NULL THEN 0 ELSE 2 END
               | CASE WHEN EXISTS (SELECT 1 FROM budget b WHERE b.team_id = p_team) THEN 4 ELSE 0 END
               | CASE WHEN t.approval_above IS NULL THEN 0 ELSE 8 END
      FROM team t WHERE t.id = p_team AND w.team_id = p_team;
END
$$;

-- Name: wallet_lock(bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.wallet_lock(p_team bigint) RETURNS public.wallet
    LANGUAGE plpgsql
    AS $$
DECLARE
    w wallet;
    v_team bigint := p_team;
BEGIN
    FOR hop IN 1..100 LOOP
        w := wallet_lock_own(v_team);
        IF w.team_id IS NULL OR w.gates & 2 = 0 THEN
            RETURN w;
        END IF;
        SELECT t.joined_to INTO STRICT v_team FROM team t WHERE t.id = v_team;
    END LOOP;
    RAISE EXCEPTION 'team % is joined in a circle', p_team USING ERRCODE = 'ND002';
END
$$;

-- Name: wallet_lock_own(bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.wallet_lock_own(p_team bigint) RETURNS public.wallet
    LANGUAGE plpgsql
    AS $$
DECLARE
    w wallet;
BEGIN
    SELECT * INTO w FROM wallet WHERE team_id = p_team FOR NO KEY UPDATE;
    IF w.next_event <= nd_now() THEN
        PERFORM wallet_book_due(p_team);
        SELECT * INTO w FROM wallet WHERE team_id = p_team;
    END IF;
    RETURN w;
END
$$;

-- Name: wallet_move(bigint, bigint, bigint, bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.wallet_move(p_from bigint, p_to bigint, p_joining bigint, p_member bigint) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
    l lot;
    v_lot bigint;
    v_leg integer := 0;
    v_moved bigint := 0;
BEGIN
    PERFORM wallet_stash(p_from);
    PERFORM wallet_stash(p_to);
    FOR l IN SELECT * FROM lot o WHERE o.team_id = p_from AND o.remaining > 0 AND o.source <> 'free'
              ORDER BY o.priority, o.expires_at, o.id LOOP
        v_leg := v_leg - 2;
        v_moved := v_moved + l.remaining;
        UPDATE lot SET remaining = 0 WHERE id = l.id;
        INSERT INTO lot (team_id, source, priority, expires_at, granted, remaining, granted_at)
        VALUES (p_to, l.source, l.priority, l.expires_at, l.remaining, l.remaining, nd_now()) RETURNING id INTO v_lot;
        PERFORM wallet_book(p_from, 'move_out', system_key(3, p_joining), v_leg, -l.remaining, 0, l.id,
                            NULL, p_member, NULL, NULL, nd_now());
        PERFORM wallet_book(p_to, 'move_in', system_key(3, p_joining), v_leg - 1, l.remaining, 0, v_lot,
                            NULL, p_member, NULL, NULL, nd_now());
    END LOOP;
    PERFORM wallet_pick(p_from);
    PERFORM wallet_pick(p_to);
    RETURN v_moved;
END
$$;

-- Name: wallet_pending(bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.wallet_pending(p_team bigint) RETURNS TABLE(kind public.entry_kind, amount bigint, effective_at timestamp with time zone, lot_id bigint, ends_at timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    RETURN QUERY
    SELECT 'expire'::entry_kind, due.amount, due.expires_at, due.id, NULL::timestamptz FROM (
        SELECT l.id, l.remaining::bigint AS amount, l.expires_at FROM lot l WHERE l.team_id = p_team AND l.remaining > 0
        UNION ALL
        SELECT l.id, w.lot_left::bigint, l.expires_at FROM wallet w JOIN lot l ON l.id = w.lot_id
         WHERE w.team_id = p_team AND w.lot_left > 0) due
     WHERE due.expires_at <= nd_now() ORDER BY due.expires_at, due.id;
    RETURN QUERY
    SELECT 'free'::entry_kind, t.free_amount::bigint, period.start AT TIME ZONE 'UTC', NULL::bigint,
           (period.start + t.free_period) AT TIME ZONE 'UTC'
      FROM team t, LATERAL (
          SELECT max(g) AS start
            FROM generate_series(t.free_next AT TIME ZONE 'UTC', nd_now() AT TIME ZONE 'UTC', t.free_period) g) period
     WHERE t.id = p_team AND t.free_amount > 0 AND t.joined_to IS NULL AND t.free_next <= nd_now();
END
$$;

-- Name: wallet_pick(bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.wallet_pick(p_team bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_event timestamptz;
    l lot;
BEGIN
    SELECT least((SELECT min(o.expires_at) FROM lot o WHERE o.team_id = p_team AND o.remaining > 0),
                 (SELECT t.free_next FROM team t WHERE t.id = p_team AND t.free_amount > 0 AND t.joined_to IS NULL))
      INTO v_event;
    SELECT * INTO l FROM lot o
     WHERE o.team_id = p_team AND o.remaining > 0 ORDER BY o.priority, o.expires_at, o.id LIMIT 1;
    UPDATE lot SET remaining = 0 WHERE id = l.id;
    UPDATE wallet SET lot_id = coalesce(l.id, 0), lot_left = coalesce(l.remaining, 0),
                      next_event = coalesce(v_event, 'infinity')
     WHERE team_id = p_team AND lot_left = 0;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'team % has a lot in hand, or no wallet', p_team USING ERRCODE = 'ND002';
    END IF;
END
$$;

-- Name: wallet_stash(bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.wallet_stash(p_team bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE lot l SET remaining = l.remaining + w.lot_left
      FROM wallet w WHERE w.team_id = p_team AND w.lot_left > 0 AND l.id = w.lot_id;
    UPDATE wallet SET lot_id = 0, lot_left = 0 WHERE team_id = p_team;
END
$$;

-- Name: want_root_edit(uuid, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.want_root_edit(p_generation uuid, p_in interval) RETURNS void
    LANGUAGE sql
    AS $$
    INSERT INTO deliveries AS d (generation_id, kind, key, wake_at)
    VALUES (p_generation, 'root_edit', gen_random_uuid(), nd_now() + p_in)
    ON CONFLICT (generation_id, kind, attempt) DO UPDATE
       SET state = 'due', version = d.version + 1,
           wake_at = CASE WHEN d.lease_until > nd_now() THEN d.wake_at
                          ELSE least(excluded.wake_at, CASE WHEN d.state = 'due' THEN d.wake_at END) END
$$;

-- Name: worker_heartbeat(text, text, text, interval, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.worker_heartbeat(p_id text, p_host text, p_release text, p_silence interval, p_before text DEFAULT NULL::text) RETURNS TABLE(slot text, released integer, is_new boolean)
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_column
DECLARE
    v_slot text;
    v_released integer := 0;
    v_is_new boolean := false;
    v_dead text[];
BEGIN
    UPDATE workers w
       SET since = CASE WHEN w.seen_at < nd_now() - p_silence / 2 THEN nd_now() ELSE w.since END, seen_at = nd_now()
     WHERE w.id = p_id RETURNING w.slot INTO v_slot;
    IF v_slot IS NULL THEN
        v_is_new := true;
        -- Held until this transaction ends, so that two that start at once do not choose the same number.
        PERFORM pg_advisory_xact_lock(x'6e64534c'::bigint);  -- "ndSL"
        INSERT INTO workers AS w (id, slot, release, seen_at, since)
        SELECT p_id, p_host || '/' || min(n.n), p_release, nd_now(), nd_now()
          FROM generate_series(0, (SELECT count(*) FROM workers)) n (n)
         WHERE NOT EXISTS (SELECT 1 FROM workers o WHERE o.slot = p_host || '/' || n.n)
        RETURNING w.slot INTO v_slot;
    END IF;
    SELECT array_agg(gone.id) INTO v_dead FROM (
        SELECT w.id FROM workers w
         WHERE w.id <> p_id
           AND (w.id = p_before
                OR w.seen_at = '-infinity'
                OR w.seen_at < nd_now() - p_silence
                   AND EXISTS (SELECT 1 FROM workers o
                                WHERE o.seen_at >= nd_now() - p_silence AND o.since <= nd_now() - p_silence))
           FOR UPDATE SKIP LOCKED) gone;
    IF v_dead IS NOT NULL THEN
        v_released := release_owners(v_dead);
        DELETE FROM workers w WHERE w.id = ANY (v_dead)
           AND NOT EXISTS (SELECT 1 FROM generations o WHERE o.lease_owner = w.id)
           AND NOT EXISTS (SELECT 1 FROM attempts o WHERE o.lease_owner = w.id)
           AND NOT EXISTS (SELECT 1 FROM deliveries o WHERE o.lease_owner = w.id);
    END IF;
    RETURN QUERY SELECT v_slot, v_released, v_is_new;
END
$$;

-- Name: workspace_usage(text, text, integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.workspace_usage(p_platform text, p_installation text, p_limit integer) RETURNS TABLE(asked_at timestamp with time zone, user_id text, channel text, tier text, provider text, outcome text, credits bigint, total bigint)
    LANGUAGE sql STABLE
    AS $$
    SELECT g.created_at, g.user_id, g.channel, g.tier, a.provider, coalesce(g.outcome, g.state), coalesce(g.settled, g.consumed),
           count(*) OVER ()
      FROM generations g LEFT JOIN attempts a ON a.generation_id = g.id AND a.n = g.winner_attempt
     WHERE g.platform = p_platform AND g.installation = p_installation
       AND g.created_at >= period_start('month', nd_now())
     ORDER BY g.created_at LIMIT p_limit
$$;

-- Name: workspace_usage_sums(text, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.workspace_usage_sums(p_platform text, p_installation text) RETURNS TABLE(summed_by text, name text, day date, videos bigint, credits bigint)
    LANGUAGE sql STABLE
    AS $$
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

-- Name: write_route_health(jsonb); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.write_route_health(p_row jsonb) RETURNS void
    LANGUAGE sql
    AS $$
    UPDATE provider_health h
       SET (state, reason, recent, probes, since, until, note, epoch, e, e_at, score, score_at, rate, rate_at,
            probe_window, probe_ok, probe_last, cooldown_until, cooldown_k, live_bad, live_at, slots, slots_max,
            slots_ok, panic_due, hedge_tokens)
         = (r.state, r.reason, r.recent, r.probes, r.since, r.until, r.note, r.epoch, r.e, r.e_at, r.score, r.score_at,
            r.rate, r.rate_at, r.probe_window, r.probe_ok, r.probe_last, r.cooldown_until, r.cooldown_k, r.live_bad,
            r.live_at, r.slots, r.slots_max, r.slots_ok, r.panic_due, r.hedge_tokens)
      FROM jsonb_populate_record(NULL::provider_health, p_row) r
     WHERE h.route = r.route
$$;

-- Name: alert_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.alert ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.alert_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: announcement_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.announcement ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.announcement_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: app_installation; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.app_installation (
    platform text NOT NULL,
    installation text NOT NULL,
    organization text,
    facts jsonb NOT NULL,
    sealed text,
    expires_at timestamp with time zone,
    refresh_by text,
    refresh_until timestamp with time zone,
    installed_at timestamp with time zone DEFAULT public.nd_now() NOT NULL,
    changed_at timestamp with time zone DEFAULT public.nd_now() NOT NULL,
    ended_at timestamp with time zone,
    ended_why text,
    CONSTRAINT app_installation_tokens_end_with_it CHECK (((sealed IS NULL) = (ended_at IS NOT NULL)))
);

-- Name: arrival; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.arrival (
    platform text NOT NULL,
    installation text NOT NULL,
    greeted_at timestamp with time zone DEFAULT public.nd_now() NOT NULL,
    joined_at timestamp with time zone,
    left_at timestamp with time zone
);

-- Name: channel_trouble; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.channel_trouble (
    platform text NOT NULL,
    installation text NOT NULL,
    channel text NOT NULL,
    undelivered integer DEFAULT 0 NOT NULL,
    checked_at timestamp with time zone
);

-- Name: chat_budget; Type: TABLE; Schema: public; Owner: -

CREATE UNLOGGED TABLE public.chat_budget (
    key text NOT NULL,
    spent_until timestamp with time zone NOT NULL,
    closed_until timestamp with time zone NOT NULL
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0.02');

-- Name: clip_link; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.clip_link (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    generation_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT public.nd_now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone
);

-- Name: connection_turn; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.connection_turn (
    key text NOT NULL,
    free_at timestamp with time zone NOT NULL
);

-- Name: contest; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.contest (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    platform text NOT NULL,
    installation text NOT NULL,
    title text NOT NULL,
    must text[] DEFAULT '{}'::text[] NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    made_by bigint,
    state text DEFAULT 'planned'::text NOT NULL,
    winner uuid,
    CONSTRAINT contest_state CHECK ((state = ANY (ARRAY['planned'::text, 'open'::text, 'closed'::text]))),
    CONSTRAINT contest_times CHECK ((ends_at > starts_at))
);

-- Name: database_identity; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.database_identity (
    one boolean DEFAULT true NOT NULL,
    identity text NOT NULL,
    CONSTRAINT database_identity_one_check CHECK (one)
);

-- Name: deliveries_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.deliveries ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.deliveries_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: drafts; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.drafts (
    id uuid NOT NULL,
    platform text NOT NULL,
    installation text NOT NULL,
    user_id text NOT NULL,
    draft jsonb NOT NULL,
    kept_at timestamp with time zone DEFAULT public.nd_now() NOT NULL
);

-- Name: draw; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.draw (
    team_id bigint NOT NULL,
    seq bigint NOT NULL,
    n integer NOT NULL,
    lot_id bigint NOT NULL,
    amount bigint NOT NULL
);

-- Name: duties; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.duties (
    name text NOT NULL,
    holder text NOT NULL,
    until timestamp with time zone NOT NULL,
    done_at timestamp with time zone,
    facts jsonb DEFAULT '{}'::jsonb NOT NULL
);

-- Name: erasure; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.erasure (
    member_id bigint NOT NULL,
    asked_at timestamp with time zone DEFAULT public.nd_now() NOT NULL,
    done_at timestamp with time zone
);

-- Name: gallery; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.gallery (
    platform text NOT NULL,
    installation text NOT NULL,
    place text NOT NULL,
    is_adult boolean DEFAULT false NOT NULL,
    locale text,
    best_next timestamp with time zone DEFAULT (public.nd_now() + '7 days'::interval) NOT NULL,
    changed_by bigint,
    changed_at timestamp with time zone DEFAULT public.nd_now() NOT NULL
);

-- Name: generation_overview; Type: VIEW; Schema: public; Owner: -

CREATE VIEW public.generation_overview AS
 SELECT g.id,
    g.created_at,
    g.done_at,
    g.team_id,
    g.platform,
    g.tier,
    g.state,
    g.outcome,
    g.error_class,
    g.wake_at,
    g.claims,
    g.lease_owner,
    g.consumed,
    g.settled,
    g.cancel_requested_at,
    a.tries,
    a.route,
    public.generation_stall(g.*, '00:02:00'::interval) AS stall
   FROM (public.generations g
     LEFT JOIN LATERAL ( SELECT count(*) AS tries,
            (array_agg(t.route ORDER BY t.n DESC))[1] AS route
           FROM public.attempts t
          WHERE (t.generation_id = g.id)) a ON (true));

-- Name: gift; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.gift (
    team_id bigint NOT NULL,
    seq bigint NOT NULL,
    to_member bigint NOT NULL,
    amount bigint NOT NULL
);

-- Name: heard; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.heard (
    platform text NOT NULL,
    event text NOT NULL,
    at timestamp with time zone DEFAULT public.nd_now() NOT NULL
);

-- Name: incidents; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.incidents (
    id bigint NOT NULL,
    provider text NOT NULL,
    routes text[] DEFAULT '{}'::text[] NOT NULL,
    held text[] DEFAULT '{}'::text[] NOT NULL,
    worst text[] DEFAULT '{}'::text[] NOT NULL,
    worst_held text[] DEFAULT '{}'::text[] NOT NULL,
    began_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    title text,
    words text,
    is_hidden boolean DEFAULT false NOT NULL,
    edited_at timestamp with time zone,
    edited_by text
);

-- Name: incidents_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.incidents ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.incidents_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: install_state; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.install_state (
    state text NOT NULL,
    until timestamp with time zone NOT NULL
);

-- Name: joining; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.joining (
    id bigint NOT NULL,
    platform text NOT NULL,
    installation text NOT NULL,
    from_team bigint NOT NULL,
    to_team bigint NOT NULL,
    member_id bigint NOT NULL,
    at timestamp with time zone DEFAULT public.nd_now() NOT NULL
);

-- Name: joining_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.joining ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.joining_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: link_code; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.link_code (
    code_hash bytea NOT NULL,
    team_id bigint NOT NULL,
    member_id bigint NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    used_platform text,
    used_installation text
);

-- Name: lot; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.lot (
    id bigint NOT NULL,
    team_id bigint NOT NULL,
    source text NOT NULL,
    priority integer NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    granted bigint NOT NULL,
    remaining public.credits NOT NULL,
    granted_at timestamp with time zone NOT NULL
)
WITH (fillfactor='70');

-- Name: lot_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.lot ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.lot_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: member; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.member (
    id bigint NOT NULL,
    platform text NOT NULL,
    installation text NOT NULL,
    user_id text,
    created_at timestamp with time zone DEFAULT public.nd_now() NOT NULL
);

-- Name: member_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.member ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.member_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: presses; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.presses (
    event text NOT NULL,
    button text NOT NULL,
    counts_as text NOT NULL,
    at timestamp with time zone DEFAULT public.nd_now() NOT NULL
);

-- Name: provider_health_applied; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.provider_health_applied (
    generation_id uuid NOT NULL,
    n smallint NOT NULL,
    kind text NOT NULL,
    at timestamp with time zone DEFAULT public.nd_now() NOT NULL
);

-- Name: provider_health_blame; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.provider_health_blame (
    route text NOT NULL,
    generation_id uuid NOT NULL,
    n smallint NOT NULL,
    member_id bigint,
    epoch bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    class text NOT NULL,
    counted double precision NOT NULL,
    factor double precision NOT NULL
);

-- Name: provider_health_buckets; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.provider_health_buckets (
    route text NOT NULL,
    minute timestamp with time zone NOT NULL,
    class text NOT NULL,
    count integer NOT NULL,
    seconds double precision DEFAULT 0 NOT NULL
)
WITH (fillfactor='70');

-- Name: provider_health_events; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.provider_health_events (
    id bigint NOT NULL,
    route text NOT NULL,
    at timestamp with time zone NOT NULL,
    from_state text NOT NULL,
    to_state text NOT NULL,
    reason text NOT NULL,
    score double precision NOT NULL,
    until timestamp with time zone,
    epoch bigint NOT NULL,
    actor text NOT NULL,
    evidence jsonb NOT NULL
);

-- Name: provider_health_events_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.provider_health_events ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.provider_health_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: provider_latency; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.provider_latency (
    id bigint NOT NULL,
    route text NOT NULL,
    operation text NOT NULL,
    duration_s smallint NOT NULL,
    lines smallint NOT NULL,
    at timestamp with time zone DEFAULT public.nd_now() NOT NULL,
    took_s double precision NOT NULL
);

-- Name: provider_latency_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.provider_latency ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.provider_latency_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: provider_latency_learned; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.provider_latency_learned (
    route text NOT NULL,
    operation text NOT NULL,
    duration_s smallint NOT NULL,
    lines smallint NOT NULL,
    at timestamp with time zone NOT NULL,
    p5_s double precision NOT NULL,
    p50_s double precision NOT NULL,
    p90_s double precision NOT NULL,
    p95_s double precision NOT NULL,
    samples integer NOT NULL
);

-- Name: provider_slots; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.provider_slots (
    route text NOT NULL,
    generation_id uuid NOT NULL,
    n smallint NOT NULL,
    until timestamp with time zone NOT NULL,
    counts_late boolean DEFAULT true NOT NULL
);

-- Name: published_commands; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.published_commands (
    platform text NOT NULL,
    application text NOT NULL,
    digest text,
    claimed text,
    claimed_until timestamp with time zone,
    published_at timestamp with time zone
);

-- Name: purchase; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.purchase (
    platform text NOT NULL,
    external_id text NOT NULL,
    sku text NOT NULL,
    buyer text,
    installation text,
    team_id bigint,
    credits public.credits DEFAULT 0 NOT NULL,
    granted public.credits DEFAULT 0 NOT NULL,
    taken_back public.credits DEFAULT 0 NOT NULL,
    owed public.credits DEFAULT 0 NOT NULL,
    bought_at timestamp with time zone DEFAULT public.nd_now() NOT NULL,
    undone_at timestamp with time zone
);

-- Name: purchase_intent; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.purchase_intent (
    platform text NOT NULL,
    user_id text NOT NULL,
    installation text NOT NULL,
    at timestamp with time zone DEFAULT public.nd_now() NOT NULL
);

-- Name: reports; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.reports (
    generation_id uuid NOT NULL,
    member_id bigint NOT NULL,
    at timestamp with time zone DEFAULT public.nd_now() NOT NULL
);

-- Name: restores_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.restores ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.restores_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: route_charges; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.route_charges (
    generation_id uuid NOT NULL,
    n smallint NOT NULL,
    route text NOT NULL,
    day date DEFAULT ((public.nd_now() AT TIME ZONE 'UTC'::text))::date NOT NULL,
    usd_micros bigint NOT NULL
);

-- Name: route_limits; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.route_limits (
    route text NOT NULL,
    per_s double precision,
    burst double precision DEFAULT 1 NOT NULL,
    tokens double precision DEFAULT 1 NOT NULL,
    tokens_at timestamp with time zone DEFAULT public.nd_now() NOT NULL,
    usd_micros_per_day bigint,
    held_epoch bigint,
    CONSTRAINT route_limits_money CHECK ((usd_micros_per_day >= 0)),
    CONSTRAINT route_limits_rate CHECK (((per_s > (0)::double precision) AND (burst >= (1)::double precision)))
)
WITH (fillfactor='70');

-- Name: route_queue; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.route_queue (
    route text NOT NULL,
    generation_id uuid NOT NULL,
    team_id bigint NOT NULL,
    member_id bigint NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    joined_at timestamp with time zone DEFAULT public.nd_now() NOT NULL,
    called_at timestamp with time zone,
    place integer NOT NULL,
    team_turn integer NOT NULL,
    member_turn integer NOT NULL
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.02');

-- Name: route_queue_counts; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.route_queue_counts (
    route text NOT NULL,
    counted_at timestamp with time zone NOT NULL,
    waiting integer NOT NULL
)
WITH (fillfactor='70');

-- Name: rule_refusals; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.rule_refusals (
    platform text NOT NULL,
    installation text NOT NULL,
    day date NOT NULL,
    kind text NOT NULL,
    times integer DEFAULT 1 NOT NULL
);

-- Name: rules; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.rules (
    id bigint NOT NULL,
    platform text NOT NULL,
    installation text NOT NULL,
    kind text NOT NULL,
    subject text DEFAULT ''::text NOT NULL,
    value jsonb,
    author bigint NOT NULL,
    at timestamp with time zone DEFAULT public.nd_now() NOT NULL
);

-- Name: rules_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.rules ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.rules_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: step_log; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.step_log (
    id bigint NOT NULL,
    generation_id uuid NOT NULL,
    at timestamp with time zone DEFAULT public.nd_now() NOT NULL,
    worker text NOT NULL,
    fence bigint NOT NULL,
    step text NOT NULL,
    outcome text NOT NULL,
    facts jsonb DEFAULT '{}'::jsonb NOT NULL,
    wake_at timestamp with time zone
);

-- Name: step_log_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.step_log ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.step_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: team; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.team (
    id bigint NOT NULL,
    name text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT public.nd_now() NOT NULL,
    joined_to bigint,
    free_amount public.credits NOT NULL,
    free_period interval NOT NULL,
    free_next timestamp with time zone NOT NULL,
    approval_above public.credits,
    low_balance public.credits DEFAULT 0 NOT NULL,
    low_alerted boolean DEFAULT false NOT NULL,
    alert_platform text,
    alert_installation text,
    alert_channel text,
    CONSTRAINT team_free_period CHECK ((free_period >= '1 day'::interval)),
    CONSTRAINT team_not_joined_to_itself CHECK ((joined_to <> id))
);

-- Name: team_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.team ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.team_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: workspace; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.workspace (
    platform text NOT NULL,
    installation text NOT NULL,
    team_id bigint NOT NULL,
    home_team_id bigint NOT NULL,
    created_at timestamp with time zone DEFAULT public.nd_now() NOT NULL
);

-- Name: team_overview; Type: VIEW; Schema: public; Owner: -

CREATE VIEW public.team_overview AS
 SELECT t.id,
    t.name,
    t.created_at,
    t.joined_to,
    COALESCE(b.balance, (0)::bigint) AS balance,
    COALESCE(b.held, (0)::bigint) AS held,
    COALESCE(b.frozen, false) AS frozen,
    ARRAY( SELECT ((s.platform || ':'::text) || s.installation)
           FROM public.workspace s
          WHERE (s.team_id = t.id)
          ORDER BY ((s.platform || ':'::text) || s.installation)) AS workspaces,
    ( SELECT max(g.created_at) AS max
           FROM public.generations g
          WHERE (g.team_id = t.id)) AS asked_at
   FROM (public.team t
     LEFT JOIN LATERAL public.credit_balance(t.id) b(team_id, balance, held, frozen) ON (true));

-- Name: vendor_costs; Type: VIEW; Schema: public; Owner: -

CREATE VIEW public.vendor_costs AS
 SELECT a.generation_id,
    a.n,
    a.route,
    a.provider,
    a.ended_at,
    a.cost_usd_micros,
    ((a.n IS DISTINCT FROM g.winner_attempt) OR (g.outcome <> 'succeeded'::text)) AS is_waste
   FROM (public.attempts a
     JOIN public.generations g ON ((g.id = a.generation_id)))
  WHERE ((a.cost_usd_micros > 0) AND (g.outcome IS NOT NULL));

-- Name: vote; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.vote (
    generation_id uuid NOT NULL,
    user_id text NOT NULL,
    at timestamp with time zone DEFAULT public.nd_now() NOT NULL
);

-- Name: workers; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.workers (
    id text NOT NULL,
    slot text NOT NULL,
    release text NOT NULL,
    seen_at timestamp with time zone DEFAULT public.nd_now() NOT NULL,
    since timestamp with time zone DEFAULT public.nd_now() NOT NULL
);

-- Name: workspace_settings; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.workspace_settings (
    platform text NOT NULL,
    installation text NOT NULL,
    fallback text DEFAULT 'any'::text NOT NULL,
    changed_by bigint,
    changed_at timestamp with time zone DEFAULT public.nd_now() NOT NULL,
    keep_days integer,
    outsiders text DEFAULT 'nobody'::text NOT NULL,
    elsewhere text DEFAULT 'offer'::text NOT NULL,
    CONSTRAINT workspace_settings_elsewhere CHECK ((elsewhere = ANY (ARRAY['offer'::text, 'go_on'::text]))),
    CONSTRAINT workspace_settings_fallback CHECK ((fallback = ANY (ARRAY['never'::text, 'same_tier'::text, 'any'::text]))),
    CONSTRAINT workspace_settings_keep CHECK (((keep_days >= 1) AND (keep_days <= 36500))),
    CONSTRAINT workspace_settings_outsiders CHECK ((outsiders = ANY (ARRAY['nobody'::text, 'guests'::text, 'everybody'::text])))
);

-- Name: alert alert_key_key; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.alert
    ADD CONSTRAINT alert_key_key UNIQUE (key);

-- Name: alert alert_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.alert
    ADD CONSTRAINT alert_pkey PRIMARY KEY (id);

-- Name: announcement announcement_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.announcement
    ADD CONSTRAINT announcement_pkey PRIMARY KEY (id);

-- Name: app_installation app_installation_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.app_installation
    ADD CONSTRAINT app_installation_pkey PRIMARY KEY (platform, installation);

-- Name: arrival arrival_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.arrival
    ADD CONSTRAINT arrival_pkey PRIMARY KEY (platform, installation);

-- Name: attempts attempts_external_id_key; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.attempts
    ADD CONSTRAINT attempts_external_id_key UNIQUE (external_id);

-- Name: attempts attempts_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.attempts
    ADD CONSTRAINT attempts_pkey PRIMARY KEY (generation_id, n);

-- Name: budget budget_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.budget
    ADD CONSTRAINT budget_pkey PRIMARY KEY (team_id, scope, subject, period);

-- Name: channel_trouble channel_trouble_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.channel_trouble
    ADD CONSTRAINT channel_trouble_pkey PRIMARY KEY (platform, installation, channel);

-- Name: chat_budget chat_budget_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.chat_budget
    ADD CONSTRAINT chat_budget_pkey PRIMARY KEY (key);

-- Name: clip_link clip_link_generation_id_key; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.clip_link
    ADD CONSTRAINT clip_link_generation_id_key UNIQUE (generation_id);

-- Name: clip_link clip_link_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.clip_link
    ADD CONSTRAINT clip_link_pkey PRIMARY KEY (id);

-- Name: connection_turn connection_turn_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.connection_turn
    ADD CONSTRAINT connection_turn_pkey PRIMARY KEY (key);

-- Name: contest contest_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.contest
    ADD CONSTRAINT contest_pkey PRIMARY KEY (id);

-- Name: database_identity database_identity_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.database_identity
    ADD CONSTRAINT database_identity_pkey PRIMARY KEY (one);

-- Name: deliveries deliveries_key_key; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_key_key UNIQUE (key);

-- Name: deliveries deliveries_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_pkey PRIMARY KEY (id);

-- Name: drafts drafts_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.drafts
    ADD CONSTRAINT drafts_pkey PRIMARY KEY (id);

-- Name: draw draw_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.draw
    ADD CONSTRAINT draw_pkey PRIMARY KEY (team_id, seq, n);

-- Name: duties duties_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.duties
    ADD CONSTRAINT duties_pkey PRIMARY KEY (name);

-- Name: entry entry_key_leg_key; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.entry
    ADD CONSTRAINT entry_key_leg_key UNIQUE (key, leg);

-- Name: entry entry_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.entry
    ADD CONSTRAINT entry_pkey PRIMARY KEY (team_id, seq);

-- Name: erasure erasure_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.erasure
    ADD CONSTRAINT erasure_pkey PRIMARY KEY (member_id);

-- Name: gallery gallery_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.gallery
    ADD CONSTRAINT gallery_pkey PRIMARY KEY (platform, installation);

-- Name: generations generations_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.generations
    ADD CONSTRAINT generations_pkey PRIMARY KEY (id);

-- Name: gift gift_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.gift
    ADD CONSTRAINT gift_pkey PRIMARY KEY (team_id, seq);

-- Name: heard heard_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.heard
    ADD CONSTRAINT heard_pkey PRIMARY KEY (platform, event);

-- Name: incidents incidents_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.incidents
    ADD CONSTRAINT incidents_pkey PRIMARY KEY (id);

-- Name: install_state install_state_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.install_state
    ADD CONSTRAINT install_state_pkey PRIMARY KEY (state);

-- Name: joining joining_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.joining
    ADD CONSTRAINT joining_pkey PRIMARY KEY (id);

-- Name: link_code link_code_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.link_code
    ADD CONSTRAINT link_code_pkey PRIMARY KEY (code_hash);

-- Name: lot lot_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.lot
    ADD CONSTRAINT lot_pkey PRIMARY KEY (id);

-- Name: member member_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.member
    ADD CONSTRAINT member_pkey PRIMARY KEY (id);

-- Name: member member_platform_installation_user_id_key; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.member
    ADD CONSTRAINT member_platform_installation_user_id_key UNIQUE (platform, installation, user_id);

-- Name: presses presses_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.presses
    ADD CONSTRAINT presses_pkey PRIMARY KEY (event);

-- Name: provider_health_applied provider_health_applied_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.provider_health_applied
    ADD CONSTRAINT provider_health_applied_pkey PRIMARY KEY (generation_id, n, kind);

-- Name: provider_health_blame provider_health_blame_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.provider_health_blame
    ADD CONSTRAINT provider_health_blame_pkey PRIMARY KEY (generation_id, n, route);

-- Name: provider_health_buckets provider_health_buckets_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.provider_health_buckets
    ADD CONSTRAINT provider_health_buckets_pkey PRIMARY KEY (route, minute, class);

-- Name: provider_health_events provider_health_events_epoch; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.provider_health_events
    ADD CONSTRAINT provider_health_events_epoch UNIQUE (route, epoch);

-- Name: provider_health_events provider_health_events_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.provider_health_events
    ADD CONSTRAINT provider_health_events_pkey PRIMARY KEY (id);

-- Name: provider_health provider_health_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.provider_health
    ADD CONSTRAINT provider_health_pkey PRIMARY KEY (route);

-- Name: provider_latency_learned provider_latency_learned_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.provider_latency_learned
    ADD CONSTRAINT provider_latency_learned_pkey PRIMARY KEY (route, operation, duration_s, lines);

-- Name: provider_latency provider_latency_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.provider_latency
    ADD CONSTRAINT provider_latency_pkey PRIMARY KEY (id);

-- Name: provider_slots provider_slots_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.provider_slots
    ADD CONSTRAINT provider_slots_pkey PRIMARY KEY (generation_id, n);

-- Name: published_commands published_commands_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.published_commands
    ADD CONSTRAINT published_commands_pkey PRIMARY KEY (platform, application);

-- Name: purchase_intent purchase_intent_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.purchase_intent
    ADD CONSTRAINT purchase_intent_pkey PRIMARY KEY (platform, user_id);

-- Name: purchase purchase_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.purchase
    ADD CONSTRAINT purchase_pkey PRIMARY KEY (platform, external_id);

-- Name: removals removals_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.removals
    ADD CONSTRAINT removals_pkey PRIMARY KEY (generation_id);

-- Name: reports reports_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_pkey PRIMARY KEY (generation_id, member_id);

-- Name: restores restores_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.restores
    ADD CONSTRAINT restores_pkey PRIMARY KEY (id);

-- Name: route_charges route_charges_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.route_charges
    ADD CONSTRAINT route_charges_pkey PRIMARY KEY (generation_id, n);

-- Name: route_limits route_limits_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.route_limits
    ADD CONSTRAINT route_limits_pkey PRIMARY KEY (route);

-- Name: route_queue_counts route_queue_counts_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.route_queue_counts
    ADD CONSTRAINT route_queue_counts_pkey PRIMARY KEY (route);

-- Name: route_queue route_queue_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.route_queue
    ADD CONSTRAINT route_queue_pkey PRIMARY KEY (route, generation_id);

-- Name: rule_refusals rule_refusals_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.rule_refusals
    ADD CONSTRAINT rule_refusals_pkey PRIMARY KEY (platform, installation, day, kind);

-- Name: rules rules_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.rules
    ADD CONSTRAINT rules_pkey PRIMARY KEY (id);

-- Name: scheduled scheduled_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.scheduled
    ADD CONSTRAINT scheduled_pkey PRIMARY KEY (id);

-- Name: showing showing_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.showing
    ADD CONSTRAINT showing_pkey PRIMARY KEY (generation_id);

-- Name: step_log step_log_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.step_log
    ADD CONSTRAINT step_log_pkey PRIMARY KEY (id);

-- Name: team team_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.team
    ADD CONSTRAINT team_pkey PRIMARY KEY (id);

-- Name: vote vote_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.vote
    ADD CONSTRAINT vote_pkey PRIMARY KEY (generation_id, user_id);

-- Name: waiting_step waiting_step_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.waiting_step
    ADD CONSTRAINT waiting_step_pkey PRIMARY KEY (generation_id);

-- Name: wallet wallet_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.wallet
    ADD CONSTRAINT wallet_pkey PRIMARY KEY (team_id);

-- Name: workers workers_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.workers
    ADD CONSTRAINT workers_pkey PRIMARY KEY (id);

-- Name: workspace workspace_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.workspace
    ADD CONSTRAINT workspace_pkey PRIMARY KEY (platform, installation);

-- Name: workspace_settings workspace_settings_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.workspace_settings
    ADD CONSTRAINT workspace_settings_pkey PRIMARY KEY (platform, installation);

-- Name: alert_due; Type: INDEX; Schema: public; Owner: -

CREATE INDEX alert_due ON public.alert USING btree (wake_at) WHERE (state = 'due'::text);

-- Name: alert_of_generation; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX alert_of_generation ON public.alert USING btree (generation_id, kind);

-- Name: alert_of_permissions; Type: INDEX; Schema: public; Owner: -

CREATE INDEX alert_of_permissions ON public.alert USING btree (team_id, created_at) WHERE (kind = 'permissions'::text);

-- Name: announcement_due; Type: INDEX; Schema: public; Owner: -

CREATE INDEX announcement_due ON public.announcement USING btree (wake_at) WHERE (state = 'due'::text);

-- Name: attempts_charged; Type: INDEX; Schema: public; Owner: -

CREATE INDEX attempts_charged ON public.attempts USING btree (ended_at) WHERE (cost_usd_micros > 0);

-- Name: attempts_due; Type: INDEX; Schema: public; Owner: -

CREATE INDEX attempts_due ON public.attempts USING btree (wake_at) WHERE (state = ANY (ARRAY['accepted'::text, 'late'::text]));

-- Name: attempts_leased; Type: INDEX; Schema: public; Owner: -

CREATE INDEX attempts_leased ON public.attempts USING btree (lease_owner) WHERE (lease_owner IS NOT NULL);

-- Name: attempts_not_accepted; Type: INDEX; Schema: public; Owner: -

CREATE INDEX attempts_not_accepted ON public.attempts USING btree (route, ended_at) WHERE (error_class = 'invalid_request'::text);

-- Name: attempts_open; Type: INDEX; Schema: public; Owner: -

CREATE INDEX attempts_open ON public.attempts USING btree (route) WHERE (state = ANY (ARRAY['intended'::text, 'accepted'::text, 'ambiguous'::text, 'late'::text]));

-- Name: attempts_task; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX attempts_task ON public.attempts USING btree (route, provider_task_id) WHERE (provider_task_id IS NOT NULL);

-- Name: contest_due; Type: INDEX; Schema: public; Owner: -

CREATE INDEX contest_due ON public.contest USING btree (state) WHERE (state <> 'closed'::text);

-- Name: contest_one_at_a_time; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX contest_one_at_a_time ON public.contest USING btree (platform, installation) WHERE (state <> 'closed'::text);

-- Name: deliveries_due; Type: INDEX; Schema: public; Owner: -

CREATE INDEX deliveries_due ON public.deliveries USING btree (wake_at) WHERE (state = 'due'::text);

-- Name: deliveries_first; Type: INDEX; Schema: public; Owner: -

CREATE INDEX deliveries_first ON public.deliveries USING btree (wake_at) WHERE ((state = 'due'::text) AND (kind <> 'progress'::text));

-- Name: deliveries_gone; Type: INDEX; Schema: public; Owner: -

CREATE INDEX deliveries_gone ON public.deliveries USING btree (created_at DESC) WHERE (state = 'gone'::text);

-- Name: deliveries_leased; Type: INDEX; Schema: public; Owner: -

CREATE INDEX deliveries_leased ON public.deliveries USING btree (lease_owner) WHERE (lease_owner IS NOT NULL);

-- Name: deliveries_message; Type: INDEX; Schema: public; Owner: -

CREATE INDEX deliveries_message ON public.deliveries USING hash (message_id) WHERE (message_id IS NOT NULL);

-- Name: deliveries_of_attempt; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX deliveries_of_attempt ON public.deliveries USING btree (generation_id, kind, attempt);

-- Name: drafts_kept_at; Type: INDEX; Schema: public; Owner: -

CREATE INDEX drafts_kept_at ON public.drafts USING btree (kept_at);

-- Name: erasure_open; Type: INDEX; Schema: public; Owner: -

CREATE INDEX erasure_open ON public.erasure USING btree (member_id) WHERE (done_at IS NULL);

-- Name: generations_due; Type: INDEX; Schema: public; Owner: -

CREATE INDEX generations_due ON public.generations USING btree (wake_at) WHERE (state <> 'done'::text);

-- Name: generations_ended; Type: INDEX; Schema: public; Owner: -

CREATE INDEX generations_ended ON public.generations USING btree (done_at) WHERE (state = 'done'::text);

-- Name: generations_first_frame; Type: INDEX; Schema: public; Owner: -

CREATE INDEX generations_first_frame ON public.generations USING btree (((request ->> 'first_frame'::text))) WHERE ((scrubbed_at IS NULL) AND ((request ->> 'first_frame'::text) IS NOT NULL));

-- Name: generations_kept; Type: INDEX; Schema: public; Owner: -

CREATE INDEX generations_kept ON public.generations USING btree (done_at) WHERE ((state = 'done'::text) AND (scrubbed_at IS NULL));

-- Name: generations_last_frame; Type: INDEX; Schema: public; Owner: -

CREATE INDEX generations_last_frame ON public.generations USING btree (((request ->> 'last_frame'::text))) WHERE ((scrubbed_at IS NULL) AND ((request ->> 'last_frame'::text) IS NOT NULL));

-- Name: generations_leased; Type: INDEX; Schema: public; Owner: -

CREATE INDEX generations_leased ON public.generations USING btree (lease_owner) WHERE (lease_owner IS NOT NULL);

-- Name: generations_member; Type: INDEX; Schema: public; Owner: -

CREATE INDEX generations_member ON public.generations USING btree (member_id) WHERE (scrubbed_at IS NULL);

-- Name: generations_newest; Type: INDEX; Schema: public; Owner: -

CREATE INDEX generations_newest ON public.generations USING btree (created_at DESC);

-- Name: generations_own; Type: INDEX; Schema: public; Owner: -

CREATE INDEX generations_own ON public.generations USING btree (platform, installation, user_id, created_at DESC);

-- Name: generations_queued; Type: INDEX; Schema: public; Owner: -

CREATE INDEX generations_queued ON public.generations USING btree (team_id) WHERE (state = 'queued'::text);

-- Name: generations_references; Type: INDEX; Schema: public; Owner: -

CREATE INDEX generations_references ON public.generations USING gin (((request -> 'references'::text))) WHERE ((scrubbed_at IS NULL) AND ((request -> 'references'::text) <> '[]'::jsonb));

-- Name: generations_takes; Type: INDEX; Schema: public; Owner: -

CREATE INDEX generations_takes ON public.generations USING btree (take_of) WHERE (take_of IS NOT NULL);

-- Name: generations_team; Type: INDEX; Schema: public; Owner: -

CREATE INDEX generations_team ON public.generations USING btree (team_id, created_at DESC);

-- Name: generations_thread; Type: INDEX; Schema: public; Owner: -

CREATE INDEX generations_thread ON public.generations USING hash (thread) WHERE (thread IS NOT NULL);

-- Name: generations_workspace; Type: INDEX; Schema: public; Owner: -

CREATE INDEX generations_workspace ON public.generations USING btree (platform, installation, created_at DESC);

-- Name: heard_at; Type: INDEX; Schema: public; Owner: -

CREATE INDEX heard_at ON public.heard USING btree (at);

-- Name: incidents_began; Type: INDEX; Schema: public; Owner: -

CREATE INDEX incidents_began ON public.incidents USING btree (began_at DESC);

-- Name: incidents_open; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX incidents_open ON public.incidents USING btree (provider) WHERE (ended_at IS NULL);

-- Name: install_state_over; Type: INDEX; Schema: public; Owner: -

CREATE INDEX install_state_over ON public.install_state USING btree (until);

-- Name: link_code_team; Type: INDEX; Schema: public; Owner: -

CREATE INDEX link_code_team ON public.link_code USING btree (team_id);

-- Name: lot_burn_order; Type: INDEX; Schema: public; Owner: -

CREATE INDEX lot_burn_order ON public.lot USING btree (team_id, priority, expires_at, id) WHERE ((remaining)::bigint > 0);

-- Name: member_user; Type: INDEX; Schema: public; Owner: -

CREATE INDEX member_user ON public.member USING btree (platform, user_id) WHERE (user_id IS NOT NULL);

-- Name: presses_at; Type: INDEX; Schema: public; Owner: -

CREATE INDEX presses_at ON public.presses USING btree (at);

-- Name: presses_button; Type: INDEX; Schema: public; Owner: -

CREATE INDEX presses_button ON public.presses USING btree (button, at) WHERE (event = counts_as);

-- Name: provider_health_applied_at; Type: INDEX; Schema: public; Owner: -

CREATE INDEX provider_health_applied_at ON public.provider_health_applied USING btree (at);

-- Name: provider_health_blame_at; Type: INDEX; Schema: public; Owner: -

CREATE INDEX provider_health_blame_at ON public.provider_health_blame USING btree (at);

-- Name: provider_health_blame_member; Type: INDEX; Schema: public; Owner: -

CREATE INDEX provider_health_blame_member ON public.provider_health_blame USING btree (route, member_id, at);

-- Name: provider_health_buckets_minute; Type: INDEX; Schema: public; Owner: -

CREATE INDEX provider_health_buckets_minute ON public.provider_health_buckets USING btree (minute, class);

-- Name: provider_health_events_at; Type: INDEX; Schema: public; Owner: -

CREATE INDEX provider_health_events_at ON public.provider_health_events USING btree (at DESC);

-- Name: provider_latency_at; Type: INDEX; Schema: public; Owner: -

CREATE INDEX provider_latency_at ON public.provider_latency USING btree (at);

-- Name: provider_latency_key; Type: INDEX; Schema: public; Owner: -

CREATE INDEX provider_latency_key ON public.provider_latency USING btree (route, operation, duration_s, lines, at DESC);

-- Name: provider_slots_route; Type: INDEX; Schema: public; Owner: -

CREATE INDEX provider_slots_route ON public.provider_slots USING btree (route, until);

-- Name: purchase_owed; Type: INDEX; Schema: public; Owner: -

CREATE INDEX purchase_owed ON public.purchase USING btree (platform, buyer, bought_at) WHERE ((owed)::bigint > 0);

-- Name: purchase_series; Type: INDEX; Schema: public; Owner: -

CREATE INDEX purchase_series ON public.purchase USING btree (platform, external_id text_pattern_ops);

-- Name: purchase_undone; Type: INDEX; Schema: public; Owner: -

CREATE INDEX purchase_undone ON public.purchase USING btree (undone_at) WHERE (undone_at IS NOT NULL);

-- Name: removals_due; Type: INDEX; Schema: public; Owner: -

CREATE INDEX removals_due ON public.removals USING btree (wake_at) WHERE (done_at IS NULL);

-- Name: route_charges_day; Type: INDEX; Schema: public; Owner: -

CREATE INDEX route_charges_day ON public.route_charges USING btree (route, day);

-- Name: route_queue_generation; Type: INDEX; Schema: public; Owner: -

CREATE INDEX route_queue_generation ON public.route_queue USING btree (generation_id);

-- Name: route_queue_in_order; Type: INDEX; Schema: public; Owner: -

CREATE INDEX route_queue_in_order ON public.route_queue USING btree (route, team_turn, member_turn, asked_at, generation_id);

-- Name: route_queue_of_member; Type: INDEX; Schema: public; Owner: -

CREATE INDEX route_queue_of_member ON public.route_queue USING btree (route, team_id, member_id, asked_at, generation_id);

-- Name: route_queue_of_team; Type: INDEX; Schema: public; Owner: -

CREATE INDEX route_queue_of_team ON public.route_queue USING btree (route, team_id, member_turn, asked_at, generation_id);

-- Name: rules_newest; Type: INDEX; Schema: public; Owner: -

CREATE INDEX rules_newest ON public.rules USING btree (platform, installation, kind, subject, id DESC);

-- Name: rules_of; Type: INDEX; Schema: public; Owner: -

CREATE INDEX rules_of ON public.rules USING btree (platform, installation, id);

-- Name: scheduled_due; Type: INDEX; Schema: public; Owner: -

CREATE INDEX scheduled_due ON public.scheduled USING btree (due_at) WHERE (state = 'waiting'::text);

-- Name: scheduled_own; Type: INDEX; Schema: public; Owner: -

CREATE INDEX scheduled_own ON public.scheduled USING btree (platform, installation, user_id, due_at) WHERE (state = 'waiting'::text);

-- Name: showing_one_entry; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX showing_one_entry ON public.showing USING btree (contest_id, user_id) WHERE (contest_id IS NOT NULL);

-- Name: showing_open; Type: INDEX; Schema: public; Owner: -

CREATE INDEX showing_open ON public.showing USING btree (state, wake_at) WHERE (state = ANY (ARRAY['waiting'::text, 'due'::text, 'leaving'::text]));

-- Name: showing_shown; Type: INDEX; Schema: public; Owner: -

CREATE INDEX showing_shown ON public.showing USING btree (platform, installation, shown_at) WHERE (state = 'shown'::text);

-- Name: step_log_at; Type: INDEX; Schema: public; Owner: -

CREATE INDEX step_log_at ON public.step_log USING btree (at);

-- Name: step_log_generation; Type: INDEX; Schema: public; Owner: -

CREATE INDEX step_log_generation ON public.step_log USING btree (generation_id, id);

-- Name: team_alerted; Type: INDEX; Schema: public; Owner: -

CREATE INDEX team_alerted ON public.team USING btree (id) WHERE ((alert_channel IS NOT NULL) AND (joined_to IS NULL));

-- Name: waiting_step_due; Type: INDEX; Schema: public; Owner: -

CREATE INDEX waiting_step_due ON public.waiting_step USING btree (wake_at);

-- Name: workers_slot; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX workers_slot ON public.workers USING btree (slot);

-- Name: workspace_team; Type: INDEX; Schema: public; Owner: -

CREATE INDEX workspace_team ON public.workspace USING btree (team_id);

-- Name: attempts attempts_heed_hint; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER attempts_heed_hint BEFORE UPDATE ON public.attempts FOR EACH ROW WHEN ((old.hinted AND new.hinted AND (new.lease_owner IS NULL) AND (new.state = ANY (ARRAY['accepted'::text, 'late'::text])))) EXECUTE FUNCTION public.attempts_heed_hint();

-- Name: attempts attempts_hold_slot; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER attempts_hold_slot AFTER UPDATE OF state ON public.attempts FOR EACH ROW WHEN ((new.state IS DISTINCT FROM old.state)) EXECUTE FUNCTION public.attempts_hold_slot();

-- Name: attempts attempts_leave_queue; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER attempts_leave_queue AFTER INSERT ON public.attempts FOR EACH ROW EXECUTE FUNCTION public.leave_route_queue();

-- Name: deliveries deliveries_follow; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER deliveries_follow BEFORE INSERT ON public.deliveries FOR EACH ROW WHEN ((new.kind = ANY (ARRAY['result'::text, 'extra'::text]))) EXECUTE FUNCTION public.deliveries_follow();

-- Name: deliveries deliveries_look; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER deliveries_look BEFORE INSERT ON public.deliveries FOR EACH ROW EXECUTE FUNCTION public.deliveries_look();

-- Name: deliveries deliveries_root_edit; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER deliveries_root_edit AFTER UPDATE OF state ON public.deliveries FOR EACH ROW WHEN (((new.kind = 'result'::text) AND (old.state = 'due'::text) AND (new.state = ANY (ARRAY['done'::text, 'gone'::text])))) EXECUTE FUNCTION public.root_hears_of_the_end();

-- Name: deliveries deliveries_taken_away; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER deliveries_taken_away BEFORE INSERT ON public.deliveries FOR EACH ROW WHEN ((new.kind = 'extra'::text)) EXECUTE FUNCTION public.deliveries_taken_away();

-- Name: deliveries deliveries_trouble; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER deliveries_trouble AFTER UPDATE OF state ON public.deliveries FOR EACH ROW WHEN (((new.kind = 'result'::text) AND (old.state = 'due'::text) AND (new.state = ANY (ARRAY['done'::text, 'gone'::text])))) EXECUTE FUNCTION public.count_channel_trouble();

-- Name: draw draw_is_append_only; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER draw_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.draw FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- Name: entry entry_is_append_only; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER entry_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.entry FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- Name: generations generations_answer_question; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER generations_answer_question AFTER UPDATE OF state, cancel_requested_at ON public.generations FOR EACH ROW WHEN (((old.state = 'asking'::text) AND (old.cancel_requested_at IS NULL) AND ((new.state <> 'asking'::text) OR (new.cancel_requested_at IS NOT NULL)))) EXECUTE FUNCTION public.generations_answer_question();

-- Name: generations generations_leave_queue; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER generations_leave_queue AFTER UPDATE OF state, cancel_requested_at ON public.generations FOR EACH ROW WHEN ((((new.state <> ALL (ARRAY['queued'::text, 'rendering'::text])) AND (old.state = ANY (ARRAY['queued'::text, 'rendering'::text]))) OR ((new.cancel_requested_at IS NOT NULL) AND (old.cancel_requested_at IS NULL)))) EXECUTE FUNCTION public.leave_route_queue();

-- Name: generations generations_root_edit; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER generations_root_edit AFTER UPDATE OF state, reason ON public.generations FOR EACH ROW WHEN ((((old.state = 'asking'::text) AND (new.state = 'queued'::text)) OR ((new.state = 'queued'::text) AND (new.reason ? 'waiting'::text) AND (NOT (old.reason ? 'waiting'::text))) OR ((old.state = 'queued'::text) AND (new.state = 'rendering'::text) AND (old.reason ? 'waiting'::text)))) EXECUTE FUNCTION public.root_hears_of_the_way();

-- Name: gift gift_is_append_only; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER gift_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.gift FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- Name: provider_health_events provider_health_events_are_kept; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER provider_health_events_are_kept BEFORE DELETE OR UPDATE ON public.provider_health_events FOR EACH ROW EXECUTE FUNCTION public.provider_health_events_are_kept();

-- Name: provider_health_events provider_health_events_incident; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER provider_health_events_incident AFTER INSERT ON public.provider_health_events FOR EACH ROW EXECUTE FUNCTION public.note_incident();

-- Name: generations takes_follow; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER takes_follow AFTER UPDATE OF thread ON public.generations FOR EACH ROW WHEN (((new.thread IS NOT NULL) AND (old.thread IS DISTINCT FROM new.thread) AND (new.take_of = new.id))) EXECUTE FUNCTION public.takes_follow();

-- Name: alert alert_generation_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.alert
    ADD CONSTRAINT alert_generation_id_fkey FOREIGN KEY (generation_id) REFERENCES public.generations(id) ON DELETE CASCADE;

-- Name: alert alert_team_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.alert
    ADD CONSTRAINT alert_team_id_fkey FOREIGN KEY (team_id) REFERENCES public.team(id);

-- Name: announcement announcement_contest_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.announcement
    ADD CONSTRAINT announcement_contest_id_fkey FOREIGN KEY (contest_id) REFERENCES public.contest(id);

-- Name: attempts attempts_generation_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.attempts
    ADD CONSTRAINT attempts_generation_id_fkey FOREIGN KEY (generation_id) REFERENCES public.generations(id) ON DELETE CASCADE;

-- Name: budget budget_team_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.budget
    ADD CONSTRAINT budget_team_id_fkey FOREIGN KEY (team_id) REFERENCES public.team(id);

-- Name: clip_link clip_link_generation_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.clip_link
    ADD CONSTRAINT clip_link_generation_id_fkey FOREIGN KEY (generation_id) REFERENCES public.generations(id) ON DELETE CASCADE;

-- Name: deliveries deliveries_generation_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_generation_id_fkey FOREIGN KEY (generation_id) REFERENCES public.generations(id) ON DELETE CASCADE;

-- Name: generations generations_team_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.generations
    ADD CONSTRAINT generations_team_id_fkey FOREIGN KEY (team_id) REFERENCES public.team(id);

-- Name: joining joining_from_team_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.joining
    ADD CONSTRAINT joining_from_team_fkey FOREIGN KEY (from_team) REFERENCES public.team(id);

-- Name: joining joining_member_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.joining
    ADD CONSTRAINT joining_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.member(id);

-- Name: joining joining_to_team_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.joining
    ADD CONSTRAINT joining_to_team_fkey FOREIGN KEY (to_team) REFERENCES public.team(id);

-- Name: link_code link_code_member_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.link_code
    ADD CONSTRAINT link_code_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.member(id);

-- Name: link_code link_code_team_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.link_code
    ADD CONSTRAINT link_code_team_id_fkey FOREIGN KEY (team_id) REFERENCES public.team(id);

-- Name: lot lot_team_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.lot
    ADD CONSTRAINT lot_team_id_fkey FOREIGN KEY (team_id) REFERENCES public.team(id);

-- Name: member member_platform_installation_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.member
    ADD CONSTRAINT member_platform_installation_fkey FOREIGN KEY (platform, installation) REFERENCES public.workspace(platform, installation);

-- Name: purchase purchase_team_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.purchase
    ADD CONSTRAINT purchase_team_id_fkey FOREIGN KEY (team_id) REFERENCES public.team(id);

-- Name: removals removals_generation_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.removals
    ADD CONSTRAINT removals_generation_id_fkey FOREIGN KEY (generation_id) REFERENCES public.generations(id) ON DELETE CASCADE;

-- Name: reports reports_generation_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_generation_id_fkey FOREIGN KEY (generation_id) REFERENCES public.generations(id) ON DELETE CASCADE;

-- Name: route_charges route_charges_generation_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.route_charges
    ADD CONSTRAINT route_charges_generation_id_fkey FOREIGN KEY (generation_id) REFERENCES public.generations(id) ON DELETE CASCADE;

-- Name: route_queue route_queue_generation_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.route_queue
    ADD CONSTRAINT route_queue_generation_id_fkey FOREIGN KEY (generation_id) REFERENCES public.generations(id) ON DELETE CASCADE;

-- Name: rules rules_platform_installation_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.rules
    ADD CONSTRAINT rules_platform_installation_fkey FOREIGN KEY (platform, installation) REFERENCES public.workspace(platform, installation);

-- Name: showing showing_contest_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.showing
    ADD CONSTRAINT showing_contest_id_fkey FOREIGN KEY (contest_id) REFERENCES public.contest(id);

-- Name: showing showing_generation_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.showing
    ADD CONSTRAINT showing_generation_id_fkey FOREIGN KEY (generation_id) REFERENCES public.generations(id) ON DELETE CASCADE;

-- Name: step_log step_log_generation_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.step_log
    ADD CONSTRAINT step_log_generation_id_fkey FOREIGN KEY (generation_id) REFERENCES public.generations(id) ON DELETE CASCADE;

-- Name: team team_joined_to_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.team
    ADD CONSTRAINT team_joined_to_fkey FOREIGN KEY (joined_to) REFERENCES public.team(id);

-- Name: vote vote_generation_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.vote
    ADD CONSTRAINT vote_generation_id_fkey FOREIGN KEY (generation_id) REFERENCES public.showing(generation_id) ON DELETE CASCADE;

-- Name: workspace workspace_home_team_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.workspace
    ADD CONSTRAINT workspace_home_team_id_fkey FOREIGN KEY (home_team_id) REFERENCES public.team(id);

-- Name: workspace_settings workspace_settings_platform_installation_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.workspace_settings
    ADD CONSTRAINT workspace_settings_platform_installation_fkey FOREIGN KEY (platform, installation) REFERENCES public.workspace(platform, installation);

-- Name: workspace workspace_team_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.workspace
    ADD CONSTRAINT workspace_team_id_fkey FOREIGN KEY (team_id) REFERENCES public.team(id);

-- PostgreSQL database dump complete
