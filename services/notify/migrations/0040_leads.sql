-- The bureau that leads each case, which may read the contacts of its reporters. No foreign key:
-- events about a case may come before those about its requests.
CREATE TABLE leads (
    case_id       uuid    PRIMARY KEY,
    version       integer NOT NULL,
    jurisdiction  text    NOT NULL,
    bureau        text    NOT NULL,
    work_order_id text  -- null for a case that was merged into another
);
CREATE INDEX leads_work_order_id ON leads (work_order_id);
