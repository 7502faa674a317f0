-- Made-up data to try a standard with; nobody lives here. today() is the day on which it is asked.
-- A house's own tables need not look like these: [backends.NAME] query says what is read of them.

create table shipments (
    waybill text primary key,
    status text not null,        -- as it is spoken
    place text not null,         -- where it was seen last
    seen_on text not null,       -- ISO date
    seen_at text not null,       -- HH:MM
    expected_on text,            -- ISO date
    expected_at text,            -- HH:MM: the courier's own time
    courier text,
    courier_phone text
);
insert into shipments values
    ('773012345678', '正在派送', '上海浦东', today(), '08:30', today(), '15:30', '李师傅', '13900001111'),
    ('773098765432', '已经签收', '上海徐汇', date(today(), '-1 day'), '18:05', null, null, '周师傅', '13900002222'),
    ('773011112222', '正在运输', '南京中转站', date(today(), '-3 days'), '02:40', date(today(), '+1 day'), null, null, null),
    ('773033334444', '外包装破损，等待处理', '杭州中转站', date(today(), '-2 days'), '11:20', null, null, null, null);

create table accounts (
    number text primary key,     -- the telephone that it belongs to
    name text not null,
    id_tail text not null,       -- last four of the identity card
    code text not null,          -- the code that was sent to it last
    dynamic_code text not null,  -- and the one that is asked for besides
    balance text not null,       -- yuan, exact: text and not a binary fraction
    plan text not null,
    renews_on text not null
);
insert into accounts values
    ('13800138000', '王小明', '7774', '246810', '864209', '128.50', '畅享套餐', date(today(), 'start of month', '+1 month')),
    ('13900139000', '陈芳', '123X', '135790', '975312', '0.05', '亲情套餐', date(today(), 'start of month', '+1 month')),
    ('13700137000', '刘洋', '0006', '975310', '531086', '1200.00', '商务套餐', date(today(), 'start of month', '+1 month'));

create table authorities (
    owner text not null references accounts,
    other text not null          -- who may see what it holds
);
insert into authorities values ('13900139000', '13800138000');

create table transactions (
    account text not null references accounts,
    day text not null,
    what text not null,
    amount text not null
);
insert into transactions values
    ('13800138000', date(today(), '-200 days'), '充值', '300.00'),
    ('13800138000', date(today(), '-62 days'), '月租', '59.00'),
    ('13800138000', date(today(), '-31 days'), '月租', '59.00'),
    ('13800138000', date(today(), '-10 days'), '充值', '100.00'),
    ('13900139000', date(today(), '-91 days'), '充值', '50.00');

create table tickets (
    number integer primary key,
    phone text not null,
    kind text not null,
    title text not null,
    due_on text not null,
    status text not null         -- open, closed
);
insert into tickets values
    (1001, '13800138000', 'shipment', '查询快件', date(today(), '+1 day'), 'open'),
    (1002, '13900139000', 'complaint', '投诉派送太慢', date(today(), '-1 day'), 'open'),
    (1003, '13700137000', 'complaint', '投诉服务态度', date(today(), '-9 days'), 'closed');
