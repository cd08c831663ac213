-- Devices and who they are to the gateway.
CREATE TABLE IF NOT EXISTS device (
    family         TEXT NOT NULL,
    serial         TEXT NOT NULL,
    name           TEXT,
    entry_current  BLOB UNIQUE,          -- keyed hash of the secret entry point; NULL where the family has none
    entry_previous BLOB UNIQUE,          -- the one before, valid until retired
    suspended      INTEGER NOT NULL DEFAULT 0,
    expires_ms     INTEGER,          -- end of the subscription, Unix milliseconds
    added_ms       INTEGER NOT NULL,
    PRIMARY KEY (family, serial)
) STRICT;

-- One row per message that was answered with success.
CREATE TABLE IF NOT EXISTS message (
    id          INTEGER PRIMARY KEY,
    key         BLOB NOT NULL UNIQUE, -- idempotency: storing twice stores once
    family      TEXT NOT NULL,
    serial      TEXT NOT NULL,
    kind        TEXT NOT NULL,        -- name of the message on the wire
    received_ms INTEGER NOT NULL,
    detail      TEXT NOT NULL,        -- JSON: what concerns the whole message
    body        BLOB NOT NULL         -- the message as received
) STRICT;
CREATE INDEX IF NOT EXISTS message_device ON message (family, serial, received_ms);

-- One row per observation.
CREATE TABLE IF NOT EXISTS observation (
    message  INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    channel  INTEGER NOT NULL,
    name     TEXT,
    quantity TEXT NOT NULL,
    unit     TEXT,
    value    TEXT,                    -- exact, as written by the device; NULL unless quality is 'good'
    quality  TEXT NOT NULL,
    error    INTEGER,                 -- error number, if the device gave one
    alarm    TEXT NOT NULL,
    raw      TEXT,                    -- text on the wire
    taken_ms INTEGER NOT NULL,
    basis    TEXT NOT NULL,           -- how taken_ms is known
    PRIMARY KEY (message, channel, quantity)
) STRICT, WITHOUT ROWID;

-- Messages that can never be read, kept as they came and confirmed: a device with a memory would send them first for ever.
CREATE TABLE IF NOT EXISTS quarantine (
    id          INTEGER PRIMARY KEY,
    key         BLOB NOT NULL UNIQUE,
    family      TEXT NOT NULL,        -- of the entry point that they came to
    serial      TEXT NOT NULL,
    received_ms INTEGER NOT NULL,
    error       TEXT NOT NULL,
    body        BLOB NOT NULL
) STRICT;

-- Secrets of devices with sessions, masked with a key that lies beside the database.
CREATE TABLE IF NOT EXISTS tcp_key (
    serial TEXT NOT NULL,
    key_id INTEGER NOT NULL,
    salt   BLOB NOT NULL,
    masked BLOB NOT NULL,
    PRIMARY KEY (serial, key_id)
) STRICT, WITHOUT ROWID;

-- What is kept of such a device (wifisensor-tcp, section 11).
CREATE TABLE IF NOT EXISTS tcp_device (
    serial        TEXT PRIMARY KEY,
    log_id        INTEGER,            -- the current log; NULL before the first session
    stored        INTEGER,            -- all its samples with lower numbers are stored, or were lost at the device
    config        BLOB,               -- the configuration that is wanted
    config_result INTEGER,            -- what the device said to it
    rotate_key_id INTEGER,            -- the key change under way
    rotate_nonce  BLOB,
    rotate_result INTEGER             -- what the device said to it
) STRICT, WITHOUT ROWID;

-- Samples that were overwritten at the device before they were uploaded.
CREATE TABLE IF NOT EXISTS tcp_lost (
    serial   TEXT NOT NULL,
    log_id   INTEGER NOT NULL,
    oldest   INTEGER NOT NULL,        -- the first that is lost
    next     INTEGER NOT NULL,        -- the first after it that is not
    noted_ms INTEGER NOT NULL,
    PRIMARY KEY (serial, log_id, oldest)
) STRICT, WITHOUT ROWID;

-- What an operator has ordered and the guard has not done yet.
CREATE TABLE IF NOT EXISTS gate_order (
    family  TEXT NOT NULL,
    serial  TEXT NOT NULL,
    suspend INTEGER NOT NULL,         -- 1: shut the flow, 0: open it
    PRIMARY KEY (family, serial)
) STRICT, WITHOUT ROWID;

-- One row once a guard beside this database has kept records: from then on it must not start empty.
CREATE TABLE IF NOT EXISTS guard (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    begun_ms INTEGER NOT NULL
) STRICT;

-- For people.
CREATE VIEW IF NOT EXISTS reading AS
    SELECT strftime('%Y-%m-%dT%H:%M:%fZ', o.taken_ms / 1000.0, 'unixepoch') AS taken,
           m.family, m.serial, d.name AS device, o.channel, o.name, o.quantity, o.value, o.unit, o.quality, o.alarm
    FROM observation o
    JOIN message m ON m.id = o.message
    LEFT JOIN device d ON d.family = m.family AND d.serial = m.serial;
