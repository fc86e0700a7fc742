"""Names that vulture finds no use of, and why they stay: libraries call them, or read them, or SQL gives them.

`tests/house/test_dead_code.py` runs vulture with this list, and fails on a name here that nobody needs to excuse.
"""

# Options of /video that `Commands._typed` reads from the interaction, and what discord.py asks of a kind of option.
spoiler
_.channel_types
_.transform

# discord.py calls these methods, and reads these attributes of its own classes.
_.setup_hook
_.on_ready
_.on_message
_.guild_messages
_.dm_messages
_.on_guild_join
_.max_ratelimit_timeout
_._global_over
_.on_guild_available
_.on_guild_remove
_.on_entitlement_create
_.on_entitlement_update
_.on_entitlement_delete
_.on_subscription_create
_.on_subscription_update
_.on_shard_connect
_.on_shard_disconnect
_.before_identify_hook
_.connector
_.interaction_check
_.launch_shards
_.reconnect
_._response_type
_.on_interaction
_.from_custom_id
_.warn_dave
_.warn_nacl

# The command tree of Discord has it by its decorator.
credits_command
credit_settings
animate
video_of_this
buy

# slack-bolt's OAuth flow calls its stores.
_.async_save
_.async_issue
_.async_consume

# Commands of `neverdark`: typer has them by their decorators.
doctor
healthy
settings_page
neverdark
list_teams
show_one
new_key
rotate_keys

# asyncio calls the methods of a subprocess protocol, with these arguments.
_.pipe_data_received
_.pipe_connection_lost
_.process_exited
fd

# uvicorn looks at it in its loop.
_.should_exit

# pydantic calls validators, and reads every field of a vendor's answer by its name.
_._in_any_shape
_._or_its_default
http_code

# asyncpg reads it before it prepares a statement.
_._stmt_cache_enabled

# Types that stand in quotes alone: their packages have them for type checkers only.
PoolConnectionProxy
AudioCodecContext
VideoCodecContext
GetResult

# PyAV, Pillow and pillow_heif read their settings from these attributes.
_.thread_count
_.skip_frame
_.pix_fmt
_.pict_type
_.DECODE_THREADS
_.THUMBNAILS
_.DEPTH_IMAGES
_.AUX_IMAGES
_.MAX_IMAGE_PIXELS

# Words that SQL answers with: the enumeration is read by value, so no line of Python names every one.
ENDED
POISON
ASLEEP
ENDLESS
UNKNOWN_HOLD
ALREADY_SETTLED
EXCEEDS_HOLD
NEEDS_APPROVAL
NOT_SETTLED
EXCEEDS_KEPT
UNKNOWN_MEMBER
NO_BUDGET
EXCEEDS_BUDGET
USED
SAME_TEAM
NOT_LINKED
WEEK
BUSY
CONTEST_ENDS
BEFORE
NO_GALLERY
VOTED
TAKEN_BACK
OWN
OVER

# Columns of answers about money, the whole row as the ledger gives it; tests check them.
balance_after
made_by

# The order of a queue, said in Python: a test holds the SQL that decides to it.
in_order

# The alerts of one team, which tests of the ledger ask for; the worker claims those of all teams at once.
due_alerts

# The budget of a channel, said in Python: a test holds the SQL that decides to it.
room_at

# The picture in one call, which the benchmark and the tests of media processes measure and attack.
prepared

# `make release-check` asks which models the routes have.
default_models

# The ledger's own batch: benchmarks/credits measures it, and the ledger's tests hold it to its invariants.
consume_batch
