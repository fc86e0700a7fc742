-- migrate:up

-- What belongs together in one step of the engine is one statement here: a step is a few round trips, not twenty.

-- One transition of a generation, by whoever holds its fence. With p_keep the lease starts anew; without it is given
-- back, and the row is due at p_wake_at, or at once if something was signalled meanwhile. Null: the fence is lost.
--
-- p_change: what becomes different besides the state: reason, plan, window_s, winner; or, for an end, outcome, settled,
-- clip, error_class, reason. p_line: a line of the step log. p_news: its open messages are to show it. p_result_key: the
-- last word is to be said, under this key.
CREATE FUNCTION transition_generation(
    p_id uuid, p_fence bigint, p_version integer, p_state text, p_wake_at timestamptz, p_keep interval,
    p_change jsonb DEFAULT NULL, p_line jsonb DEFAULT NULL, p_news boolean DEFAULT false,
    p_result_key uuid DEFAULT NULL
) RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
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

-- Workers of an older release say it so; the rule is one.
CREATE OR REPLACE FUNCTION commit_generation(
    p_id uuid, p_fence bigint, p_version integer, p_state text, p_wake_at timestamptz, p_keep interval DEFAULT NULL
) RETURNS integer
LANGUAGE sql VOLATILE AS $$
    SELECT transition_generation(p_id, p_fence, p_version, p_state, p_wake_at, p_keep)
$$;

-- Something changed that the open messages of a generation should show: due now, or when their holder lets go.
CREATE FUNCTION wake_messages(p_id uuid) RETURNS void
LANGUAGE sql VOLATILE AS $$
    UPDATE deliveries
       SET version = version + 1, wake_at = CASE WHEN lease_until > nd_now() THEN wake_at ELSE nd_now() END
     WHERE generation_id = p_id AND state = 'due' AND kind <> 'root'
$$;

-- Writes a route's health as the worker has worked it out. The caller holds the row's lock.
CREATE FUNCTION write_route_health(p_row jsonb) RETURNS void
LANGUAGE sql VOLATILE AS $$
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

-- Locks a route for an admission, and says what stands in the way of one attempt of this generation: whose turn it is,
-- how many submits and slots there are, and what is left of the day's money. The caller holds the generation.
CREATE FUNCTION lock_route_for_admission(
    p_route text, p_grace interval, p_self uuid, p_team bigint, p_member bigint, p_asked_at timestamptz
) RETURNS TABLE (
    now timestamptz, taken bigint, ahead bigint, tokens double precision,
    usd_micros_per_day bigint, spent bigint, reserved bigint, health provider_health
)
LANGUAGE plpgsql VOLATILE AS $$
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

-- Books an attempt that was admitted: the route's health, a slot until p_lease is over, one submit, what it may cost.
CREATE FUNCTION grant_slot(
    p_health jsonb, p_route text, p_generation uuid, p_n smallint, p_lease interval, p_counts_late boolean,
    p_class text, p_usd_micros bigint
) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
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

-- News of an attempt for its route, whose row is locked from here on. No row: this was counted before; nulls: nobody
-- knows the route. The first time it is counted in its minute, and an attempt that has ended gives its slot back. blames:
-- what is on record for the attempt, and for its member lately.
CREATE FUNCTION lock_running_attempt(
    p_route text, p_generation uuid, p_n smallint, p_news text, p_ends boolean, p_classes text[],
    p_seconds double precision, p_member bigint, p_window interval
) RETURNS TABLE (now timestamptz, blames jsonb, health provider_health)
LANGUAGE plpgsql VOLATILE AS $$
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

-- The vendor has it: on watch from now on, and the lease stays with its holder. Null: the fence is lost.
CREATE FUNCTION accept_attempt(
    p_id uuid, p_fence bigint, p_version integer, p_keep interval, p_line jsonb,
    p_n smallint, p_task text, p_first_poll interval, p_timeout interval, p_late interval
) RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_version integer :=
        transition_generation(p_id, p_fence, p_version, 'rendering', NULL, p_keep, p_line => p_line, p_news => true);
BEGIN
    IF v_version IS NOT NULL THEN
        UPDATE attempts
           SET state = 'accepted', provider_task_id = p_task, accepted_at = nd_now(), wake_at = nd_now() + p_first_poll,
               deadline_at = least(nd_now() + p_timeout, (SELECT window_ends FROM generations WHERE id = p_id)),
               watch_until = nd_now() + p_timeout + p_late
         WHERE generation_id = p_id AND n = p_n AND state IN ('intended', 'ambiguous');
    END IF;
    RETURN v_version;
END
$$;

-- Records the end that a poll has found, wakes the generation and locks it, in the order of all locks. No row: somebody
-- else polls this attempt now, or it has ended; the caller rolls back.
CREATE FUNCTION end_attempt(
    p_id uuid, p_n smallint, p_fence bigint, p_state text, p_result jsonb, p_error_class text, p_error_detail text,
    p_usd_micros bigint
) RETURNS TABLE (at timestamptz, generation generations)
LANGUAGE plpgsql VOLATILE AS $$
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

-- A message is up. p_again: it is looked at again after so long whether it needs an edit; null: it is done. p_wakes: the
-- generation that waits for it. Null: the claim was lost.
CREATE FUNCTION message_posted(
    p_id bigint, p_fence bigint, p_version integer, p_message text, p_thread text, p_digest text, p_again interval,
    p_wakes uuid
) RETURNS bigint
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_id bigint;
BEGIN
    IF p_wakes IS NOT NULL THEN
        -- Generations are locked before their messages.
        PERFORM 1 FROM generations WHERE id = p_wakes FOR NO KEY UPDATE;
    END IF;
    UPDATE deliveries
       SET message_id = p_message, thread = p_thread, digest = p_digest, tries = 0, lease_owner = NULL,
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

-- A root message is up and its thread open: all that waits for a thread is due now. Null: the claim was lost.
CREATE FUNCTION thread_opened(
    p_id bigint, p_fence bigint, p_generation uuid, p_thread text, p_message text
) RETURNS bigint
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_id bigint;
BEGIN
    PERFORM 1 FROM generations WHERE id = p_generation FOR NO KEY UPDATE;
    v_id := message_posted(p_id, p_fence, 0, p_message, p_thread, '', NULL, NULL);
    IF v_id IS NOT NULL THEN
        UPDATE generations SET thread = p_thread WHERE id = p_generation;
        PERFORM wake_messages(p_generation);
    END IF;
    RETURN v_id;
END
$$;

-- migrate:down
