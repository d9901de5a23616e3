"""What is logged of a change of state that the rules refuse (states 3.11)."""

from typing import Final

from generated.layouts.state import ReturnCode, StateWord
from generated.states.conn_states import ConnState
from runtime.effects import Level
from runtime.engine.agenda import Agenda
from runtime.engine.rules import SUCCESS_LEAST, hard_refusal, refusal_text
from runtime.engine.volume import Volume
from runtime.engine.volume_state import VolumeState

UNTOLD: Final = ReturnCode.SS_IN_TRANSIENT_STATE  # it is tried again, or the peer does


def log_refused_change(volume: Volume, wanted: VolumeState, code: ReturnCode) -> None:
    """Tell what a volume is in, and what it was to be in; of the hard rules' refusals nothing."""
    is_hard = hard_refusal(volume.state, wanted) < SUCCESS_LEAST
    if code >= ReturnCode.SS_SUCCESS or code is UNTOLD or is_hard:
        return
    volume.log(f"State change failed: {refusal_text(code)}", Level.ERROR)
    volume.log(f"  state = {{ {volume.state.line} }}", Level.ERROR)
    volume.log(f" wanted = {{ {wanted.line} }}", Level.ERROR)


def log_refused_request(
    agenda: Agenda, words: tuple[StateWord, StateWord], code: ReturnCode, *, conn: ConnState
) -> None:
    """Tell what all volumes of the connection were to become at once."""
    mask, val = words
    agenda.log(f"State change failed: {refusal_text(code)}", level=Level.ERROR)
    agenda.log(f" mask = {mask.word:#x} val = {val.word:#x}", level=Level.ERROR)
    wanted = ConnState.describe(val.conn) if mask.conn else conn.printed
    agenda.log(f" old_conn:{conn.printed} wanted_conn:{wanted}", level=Level.ERROR)
