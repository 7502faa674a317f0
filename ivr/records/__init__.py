"""What must outlast a process: calls as they happen, promises until they are kept, tickets, and who opened what.

Everything works on a connection, `with database.transaction() as tx: Promises(tx).make(…)`, so that what belongs
together is written together or not at all. Nothing here reads a clock: `now` is given, aware, in any zone.
"""

from ivr.records.alerts import Alert, Alerts
from ivr.records.approvals import Approval, Approvals, NewApproval
from ivr.records.audit import Audit
from ivr.records.calls import Calls, LostCall, NewCall
from ivr.records.database import Database, RecordsError
from ivr.records.incidents import Incident, Incidents
from ivr.records.places import Places
from ivr.records.policy import OnFailure, Policy, QuietHours
from ivr.records.promises import Claim, Expired, Promise, Promises, Settled
from ivr.records.retention import Removed, retention
from ivr.records.tickets import NewTicket, Ticket, Tickets
from ivr.records.writer import Writer

__all__ = [
    "Alert",
    "Alerts",
    "Approval",
    "Approvals",
    "Audit",
    "Calls",
    "Claim",
    "Database",
    "Expired",
    "Incident",
    "Incidents",
    "LostCall",
    "NewApproval",
    "NewCall",
    "NewTicket",
    "OnFailure",
    "Places",
    "Policy",
    "Promise",
    "Promises",
    "QuietHours",
    "RecordsError",
    "Removed",
    "Settled",
    "Ticket",
    "Tickets",
    "Writer",
    "retention",
]
