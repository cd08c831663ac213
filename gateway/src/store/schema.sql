-- Devices and who they are to the gateway.
CREATE TABLE IF NOT EXISTS device (
    family         TEXT NOT NULL,
    serial         TEXT NOT NULL,
    name           TEXT,
    entry_current  BLOB NOT NULL UNIQUE, -- keyed hash of the secret entry point
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

-- For people.
CREATE VIEW IF NOT EXISTS reading AS
    SELECT strftime('%Y-%m-%dT%H:%M:%fZ', o.taken_ms / 1000.0, 'unixepoch') AS taken,
           m.family, m.serial, d.name AS device, o.channel, o.name, o.quantity, o.value, o.unit, o.quality, o.alarm
    FROM observation o
    JOIN message m ON m.id = o.message
    LEFT JOIN device d ON d.family = m.family AND d.serial = m.serial;
