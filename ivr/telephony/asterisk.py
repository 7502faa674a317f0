"""Asterisk's side of `ivr.toml`: the files that make a PBX send its calls to us and take our transfers.

The files themselves are in `asterisk_conf/`, written as an Asterisk administrator would write them; ``%{name}`` is
what the configuration decides. They are a whole, small PBX, and each includes a ``…_custom.conf`` of the house's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from ipaddress import ip_address
from string import Template
from urllib.parse import urlsplit

from ivr.config import Settings, SipSettings, TelephonySettings
from ivr.config.values import PortRange, host_port_of
from ivr.errors import UserError
from ivr.telephony.admission import host_and_port

_DEFAULT_SIP_PORT = 5060
_DEFAULT_RTP = PortRange(10000, 19999)
_ALTERNATIVE_RTP = PortRange(40000, 49999)

_MODULES = {
    "the line": "res_pjproject res_sorcery_config res_sorcery_memory res_sorcery_astdb res_pjsip res_pjsip_session "
    "res_pjsip_sdp_rtp res_rtp_asterisk res_timing_timerfd chan_pjsip codec_alaw codec_ulaw codec_a_mu "
    "bridge_simple bridge_native_rtp bridge_holding bridge_softmix bridge_builtin_features",
    "who is who": "res_pjsip_authenticator_digest res_pjsip_registrar res_pjsip_endpoint_identifier_user "
    "res_pjsip_endpoint_identifier_ip res_pjsip_caller_id res_pjsip_acl res_pjsip_nat res_pjsip_rfc3326",
    "keys, headers, hold, transfer": "res_pjsip_dtmf_info res_pjsip_header_funcs res_pjsip_pubsub res_pjsip_refer "
    "res_musiconhold res_pjsip_diversion func_pjsip_aor func_pjsip_contact func_pjsip_endpoint",
    "the dialplan": "pbx_config app_dial app_queue app_playback app_stack app_verbose app_echo app_while func_callerid "
    "func_channel func_cut func_global func_logic func_rand func_strings func_timeout func_math func_devstate",
    "sounds": "format_pcm format_wav format_sln",
}
_ARI_MODULES = {
    "who can be rung": "res_http_websocket res_websocket_client res_stasis res_stasis_device_state res_ari "
    "res_ari_model res_ari_device_states",
}
_ARI_FILES = frozenset({"http.conf", "ari.conf"})
"""Written where the service asks for presence; else files of these names are the house's own affair."""
SECRET = frozenset({"pjsip.conf", "ari.conf"})
"""Files that may hold passwords."""
_HIDDEN = "written with --out FOLDER only"


class _Conf(Template):
    """``%{name}``; Asterisk's own ``${…}`` stays."""

    delimiter = "%"


def render(settings: Settings, *, hidden: bool = False) -> dict[str, str]:
    """Text of each file for /etc/asterisk, by its name; where `hidden`, passwords are not in it, nor read.

    Raises UserError for a password that cannot be read, and for an `ari_url` without user.
    """
    sip, ari = settings.sip, settings.telephony
    rtp = _clear_of(sip.rtp_ports)
    values = {
        "bind": _pbx_bind(sip.registrar),
        "username": sip.username,
        "max_calls": str(sip.max_calls),
        "access": _registration(sip, _HIDDEN if hidden else sip.password()) if sip.registrar else _static_contacts(sip),
        "spread": _spread(sip.workers),
        "transfers": "".join(_transfers(settings)),
        "rtp_ports": str(sip.rtp_ports),
        "rtp_start": str(rtp.first),
        "rtp_end": str(rtp.last),
        "modules": "\n".join(_modules(_MODULES | _ARI_MODULES if ari.ari_url else _MODULES)),
    }
    if ari.ari_url:
        values |= {
            "http": _http(ari.ari_url),
            "ari_username": _ari_user(ari),
            "ari_password": _HIDDEN if hidden else _literal(ari.ari_password()),
        }
    conf = sorted(files("ivr.telephony").joinpath("asterisk_conf").iterdir(), key=lambda file: file.name)
    return {
        file.name: _Conf(file.read_text(encoding="utf-8")).substitute(values)
        for file in conf
        if ari.ari_url or file.name not in _ARI_FILES
    }


def _clear_of(ours: PortRange) -> PortRange:
    overlaps = ours.first <= _DEFAULT_RTP.last and _DEFAULT_RTP.first <= ours.last
    return _ALTERNATIVE_RTP if overlaps else _DEFAULT_RTP


def _pbx_bind(registrar: str) -> str:
    """Where Asterisk listens: the registrar's port, on loopback only if that is where the registrar is."""
    host, port = host_and_port(host_port_of(registrar))
    try:
        everywhere = not ip_address(host).is_loopback
    except ValueError:
        everywhere = True
    return f"{'0.0.0.0' if everywhere else host}:{port or _DEFAULT_SIP_PORT}"  # noqa: S104 - the PBX's own trunks


def _section(name: str, kind: str, *entries: tuple[str, object]) -> str:
    lines = (f"{key} = {value}" for key, value in (("type", kind), *entries))
    return "\n".join((f"[{name}]", *lines)) + "\n"


def _registration(sip: SipSettings, password: str) -> str:
    """The service registers: digest, a contact for each worker, watched by OPTIONS."""
    name, workers = sip.username, sip.workers
    watched = (("max_contacts", workers), ("remove_existing", "yes"), ("qualify_frequency", 10))
    return (
        f"auth = {name}\n\n"
        + _section(name, "auth", ("auth_type", "digest"), ("username", name), ("password", _literal(password)))
        + "\n"
        + _section(name, "aor", *watched)
    )


def _static_contacts(sip: SipSettings) -> str:
    """The service takes calls as they come: known by its address, one contact a worker."""
    name = sip.username
    host = sip.public_address or ("127.0.0.1" if sip.bind.host in {"0.0.0.0", "::"} else sip.bind.host)  # noqa: S104
    ports = [sip.for_worker(index).bind.port for index in range(sip.workers)]
    contacts = [("contact", f"sip:{name}@{host}:{port}") for port in ports]
    return (
        "\n"
        + _section(name, "aor", *contacts, ("qualify_frequency", 10))
        + "\n"
        + _section(name, "identify", ("endpoint", name), ("match", host))
    )


def _spread(workers: int) -> str:
    """Begins with another worker each call; a full one answers 486 and the next is tried."""
    turn = " same => n,ExecIf($[${RAND(0,1)}]?Set(IVR_LEFT=${CUT(IVR_LEFT,\\,,2-)},${CUT(IVR_LEFT,\\,,1)}))\n"
    return turn * (workers - 1)


def _transfers(settings: Settings) -> Iterator[str]:
    """Extensions of the service's own transfers: the user parts of `operator` and `supervisor`."""
    targets = settings.telephony
    operator, supervisor = _extension(targets.operator, "0"), _extension(targets.supervisor, "7000")
    yield f"exten => {operator},1,Goto(ivr-operator,{operator},1)\n"
    if supervisor != operator:
        yield f"exten => {supervisor},1,Dial(${{SUPERVISOR}},${{OPERATOR_RINGS_S}})\n"


def _extension(uri: str, default: str) -> str:
    match = re.match(r"sips?:([^@;]+)@", uri)
    return match[1] if match else default


def _http(url: str) -> str:
    """Where Asterisk's HTTP server listens: at the address that we ask, at all of them where that is a name."""
    parts = urlsplit(url)
    host = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname or ""
    try:
        bind = str(ip_address(host))
    except ValueError:
        bind = "0.0.0.0"  # noqa: S104 - as above
    if parts.scheme == "https":
        return f"bindaddr = 127.0.0.1\ntlsenable = yes\ntlsbindaddr = {bind}:{parts.port or 443}\n"
    return f"bindaddr = {bind}\nbindport = {parts.port or 80}\n"


def _ari_user(ari: TelephonySettings) -> str:
    if not re.fullmatch(r"[\w.-]+", ari.ari_username) or not ari.ari_password_file:
        raise UserError("telephony.ari_url: who asks? → set ari_username, letters and digits, and ari_password_file")
    return ari.ari_username


def _literal(text: str) -> str:
    """A value in which a semicolon begins no comment."""
    return text.replace(";", "\\;")


def _modules(wanted: Mapping[str, str]) -> Iterator[str]:
    for purpose, names in wanted.items():
        yield f"\n; {purpose}"
        yield from (f"load = {name}.so" for name in names.split())
