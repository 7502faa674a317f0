"""SIPp as the far side: scenarios out of a few blocks, run as a process."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

OFFER = "m=audio {port} RTP/AVP 8 0 101\na=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15"


_FIRST = "z9hG4bK[pid]first[call_number]"
"""Branch of the INVITE, also of what takes it back and of the ACK to a refusal (RFC 3261, sections 9.1, 17.1.1.3)."""


def request(method: str, cseq: int, extra: str = "", body: str = "", *, first: bool = False) -> str:
    to_tag = "" if first and method != "ACK" else "[peer_tag_param]"
    branch = _FIRST if first else "[branch]"
    content = f"Content-Type: {body and 'application/sdp'}\n" if body else ""
    return f"""<send{' retrans="500"' if method != "ACK" else ""}><![CDATA[

{method} sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch={branch}
From: <sip:13812345678@[local_ip]:[local_port]>;tag=[pid]t[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>{to_tag}
Call-ID: [call_id]
CSeq: {cseq} {method}
Contact: <sip:caller@[local_ip]:[local_port];transport=[transport]>
Max-Forwards: 70
{content}{extra}Content-Length: [len]

{body}
]]></send>
"""


def sdp(
    port: int, direction: str = "sendrecv", media: str = OFFER, version: int = 1, address: str = "127.0.0.1"
) -> str:
    return (
        f"v=0\no=- 1 {version} IN IP4 [local_ip]\ns=-\nc=IN IP4 {address}\nt=0 0\n"
        f"{media.format(port=port)}\na={direction}\n"
    )


def invite(body: str, extra: str = "") -> str:
    return request("INVITE", 1, extra, body, first=True)


def reinvite(body: str, cseq: int, answer: int = 200) -> str:
    return request("INVITE", cseq, "", body) + receive(100, optional=True) + receive(answer) + request("ACK", cseq)


def ack(cseq: int = 1) -> str:
    return request("ACK", cseq)


def refused(code: int) -> str:
    return receive(code) + request("ACK", 1, first=True)


def cancel(extra: str = "") -> str:
    return request("CANCEL", 1, extra, first=True)


def bye(extra: str = "", cseq: int = 9) -> str:
    return request("BYE", cseq, extra) + receive(200)


def notify(status: str, state: str, cseq: int) -> str:
    extra = f"Event: refer\nSubscription-State: {state}\nContent-Type: message/sipfrag;version=2.0\n"
    return request("NOTIFY", cseq, extra).replace("\n\n]]>", f"\nSIP/2.0 {status}\n]]>") + receive(200)


def receive(code: int, optional: bool = False) -> str:
    return f'<recv response="{code}" optional="{str(optional).lower()}" rrs="{str(code == 200).lower()}"></recv>\n'


def answered() -> str:
    return receive(100, optional=True) + receive(180, optional=True) + receive(200) + ack()


def expect(method: str) -> str:
    return f'<recv request="{method}"></recv>\n'


def reply(status: str, extra: str = "") -> str:
    return f"""<send><![CDATA[

SIP/2.0 {status}
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:caller@[local_ip]:[local_port]>
{extra}Content-Length: 0

]]></send>
"""


def pause(seconds: float) -> str:
    return f'<pause milliseconds="{round(seconds * 1000)}"/>\n'


@dataclass
class SippRun:
    """One SIPp process; `wait` for it, then read what went over the wire."""

    process: subprocess.Popen[bytes]
    trace: Path

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def messages(self) -> str:
        return self.trace.read_text() if self.trace.exists() else ""

    def stop(self) -> None:
        if self.running:
            self.process.kill()
        self.process.wait()


def start(folder: Path, name: str, steps: str, to: int, port: int, *options: str) -> SippRun:
    """Run a scenario against 127.0.0.1:`to` from 127.0.0.1:`port`, one call unless options say otherwise."""
    file, trace = folder / f"{name}.xml", folder / f"{name}.log"
    file.write_text(f'<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="{name}">\n{steps}</scenario>\n')
    command = ["sipp", f"127.0.0.1:{to}", "-sf", str(file), "-i", "127.0.0.1", "-p", str(port), "-m", "1"]
    command += ["-nostdin", "-timeout", "30", "-timeout_error", "-trace_msg", "-message_file", str(trace), *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
    return SippRun(process, trace)
