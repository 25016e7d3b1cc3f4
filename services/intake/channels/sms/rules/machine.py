"""State machine of a conversation: from a text and the state to the answer and effects.

A report goes on as soon as it says what and where, or tells of a danger to life; else one thing is
asked at a time: what, where, and then at most one question of the kind.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.intake.channels.conversations.rules import (
    MAX_ANSWER,
    ReportReading,
    TextReader,
    TextReading,
    is_another_danger,
)
from services.intake.channels.sms.rules import wording
from services.intake.channels.sms.rules.conversation import (
    Conversation,
    FollowedRequest,
    IncomingText,
    Reply,
    ReportDraft,
    Step,
    TextNote,
    answered,
    may_answer,
)
from services.intake.channels.sms.rules.wording import Command, is_question, read_command
from services.intake.identifiers import read_tracking_number
from services.intake.records.notes import AskedRequest
from shared.catalogue import ProgramText
from shared.text_matching import fold
from shared.vocabulary import supported_language

# Time to answer what and where; also of texts that belong to the latest request.
ANSWER_WITHIN = timedelta(hours=24)
# Time for the answer to a question of the kind: the report is complete without it.
QUESTION_WITHIN = timedelta(minutes=10)
_PICTURE_ALONE = "(picture)"


def on_due(conversation: Conversation, now: datetime) -> Step | None:
    """Return the step of an overdue draft, without a reply; None without one."""
    draft = conversation.draft
    if draft is None or draft.due_at > now:
        return None
    return Step(replace(conversation, draft=None), submit=draft)


def on_text(conversation: Conversation, text: IncomingText, reader: TextReader) -> Step:
    """Return the step that a text leads to; no draft in the conversation is due.

    Texts of a silent person count, but only HELP is answered. After too many answers only STOP
    and START are.
    """
    reading, command = reader.read(text.body), read_command(text.body)
    language = _language_of(text, command, reading) or conversation.language
    known = replace(conversation, language=language)
    step = _Turn(known, text, command, reading, reader).step()
    is_help = command is not None and command.name == "help"
    is_unheard = conversation.is_silent and not is_help
    if (is_unheard or not may_answer(conversation, text.at)) and step.opted_out is None:
        return replace(step, reply=(), asks_where=False)
    return replace(step, conversation=answered(step.conversation, text.at)) if step.reply else step


@dataclass(frozen=True, slots=True)
class _Turn:
    conversation: Conversation
    text: IncomingText
    command: Command | None
    reading: TextReading
    reader: TextReader

    def step(self) -> Step:
        command, draft = self.command, self.conversation.draft
        if command and command.name in ("yes", "no"):
            return self._yes_or_no(command.name)
        if command:
            return self._command(command)
        if number := self.text.names:
            is_alone = read_tracking_number(self.text.body) == number
            return self._status(number) if is_alone else self._note(number)
        if question := self._open_question():
            return self._answer_team(question)
        return self._go_on(draft) if draft else self._follow_up(self._followed())

    # -- commands

    def _command(self, command: Command) -> Step:
        match command.name:
            case "help":
                return self._answer(wording.HELP)
            case "stop":
                return self._consent(opted_out=True)
            case "start":
                return self._consent(opted_out=False)
            case _:
                return self._status(command.number)

    def _status(self, number: str | None) -> Step:
        if number == "":
            return self._answer(wording.STATUS_UNKNOWN)
        if number is None:
            request = self.conversation.request
            if request is None:
                return self._answer(wording.STATUS_WHICH)
            number = request.number
        return replace(self._answer(wording.STATUS, number=number), status_of=number)

    def _consent(self, *, opted_out: bool) -> Step:
        step = self._answer(wording.STOPPED if opted_out else wording.STARTED)
        if opted_out == self.conversation.is_silent:
            return step
        after = replace(self.conversation, is_silent=opted_out)
        return replace(step, conversation=after, opted_out=opted_out)

    def _yes_or_no(self, answer: str) -> Step:
        draft, question = self.conversation.draft, self._open_question()
        if question and not (self.text.asked and self.text.asked.at > question.at):
            return self._answer_team(question)
        if draft and _asks_of_kind(draft):
            return self._submit(replace(draft, answers={draft.asked: answer}))
        if self.text.asked:
            return self._says_fixed(self.text.asked, answer == "yes")
        if draft:
            return self._ask(draft)
        if request := self._followed():
            return self._note(request.number)
        return self._answer(wording.NOTHING_ASKED)

    def _says_fixed(self, asked: AskedRequest, fixed: bool) -> Step:  # noqa: FBT001 - an answer
        """Take the answer; an open question of a report is asked again behind the thanks."""
        text = wording.FIXED if fixed else wording.NOT_FIXED
        thanks = text.filled(number=asked.tracking_number)
        if draft := self.conversation.draft:
            again = self._ask(draft)
            return replace(again, reply=(thanks, *again.reply), says_fixed=fixed)
        return Step(self._about(asked), (thanks,), says_fixed=fixed)

    def _about(self, asked: AskedRequest) -> Conversation:
        """Return the conversation about a request that the person was asked about."""
        followed = self.conversation.request
        if followed is None or followed.number != asked.tracking_number:
            followed = FollowedRequest(asked.tracking_number, asked.service_code, "", self.text.at)
        return replace(self.conversation, request=replace(followed, at=self.text.at))

    # -- questions of teams, and to them

    def _open_question(self) -> AskedRequest | None:
        """Return the question of a team, unless the person reported or added something since."""
        question, draft = self.text.question, self.conversation.draft
        request = self.conversation.request
        if question is None or (draft and draft.since > question.at):
            return None
        is_other = request is not None and request.number != question.tracking_number
        return None if request and is_other and request.at > question.at else question

    def _answer_team(self, question: AskedRequest) -> Step:
        """Take the answer to a team's question; another danger is another report."""
        turn = replace(self, conversation=self._about(question))
        request, found = turn.conversation.request, self.reader.assess(self.text.body)
        if request and is_another_danger(found, question.service_code, request.dangers):
            return self._begin()
        return turn._note(question.tracking_number, wording.ANSWER_ADDED)  # noqa: SLF001 - its own

    def _questioned(self, request: FollowedRequest | None) -> AskedRequest | None:
        """Return the request that is asked about in place of an answer, YES or NO."""
        asked = self.text.asked
        if asked is None or not is_question(self.text.body) or self.reading.place:
            return None
        is_late = self.text.at - asked.at >= ANSWER_WITHIN
        is_other = request is not None and request.number != asked.tracking_number
        return None if is_late or is_other else asked

    def _question_back(self, asked: AskedRequest) -> Step:
        """Take a question to the team as a note, and ask again."""
        turn = replace(self, conversation=self._about(asked))
        return turn._note(asked.tracking_number, wording.NOTE_ADDED, wording.ASK_FIXED)  # noqa: SLF001 - its own

    # -- reports

    def _begin(self) -> Step:
        text, reading = self.text, self.reading
        if reading.is_empty and not text.has_pictures:
            return self._answer(wording.WELCOME)
        draft = ReportDraft(
            first_id=text.id,
            texts=(text.body or _PICTURE_ALONE,),
            since=text.at,
            due_at=text.at + ANSWER_WITHIN,
            has_what=reading.says_what,
            place=reading.place,
        )
        return self._advance(draft)

    def _go_on(self, draft: ReportDraft) -> Step:
        text, reading = self.text, self.reading
        is_repeat = fold(text.body) == fold(draft.texts[-1]) and draft.asked != "where_again"
        if reading.is_empty or is_repeat:
            return self._ask(draft)
        added = replace(
            draft,
            texts=(*draft.texts, text.body),
            has_what=draft.has_what or reading.says_what,
            place=draft.place or reading.place or self._answered_place(draft),
        )
        is_answer = _asks_of_kind(draft) and not is_question(text.body)
        return self._submit(added) if is_answer else self._advance(added)

    def _answered_place(self, draft: ReportDraft) -> str | None:
        body = self.text.body
        is_place = draft.asked == "where" and self.reading.may_be_place
        insists = draft.asked == "where_again" and not self.reading.is_unsure
        return body if (is_place or insists) and len(body) <= MAX_ANSWER else None

    def _advance(self, draft: ReportDraft) -> Step:
        found = self._assess(draft)
        if found.is_danger:
            return self._submit(draft)
        asked = replace(draft, asked=_question(draft, found))
        if not asked.asked or (_asks_of_kind(asked) and self.conversation.is_silent):
            return self._submit(draft)
        if _asks_of_kind(asked):
            asked = replace(asked, due_at=self.text.at + QUESTION_WITHIN)
        return self._ask(asked, found)

    def _ask(self, draft: ReportDraft, found: ReportReading | None = None) -> Step:
        reply: Reply
        match draft.asked:
            case "what":
                reply = (wording.ASK_WHAT,)
            case "where":
                reply = (wording.ASK_WHERE,)
            case "where_again":
                reply = (wording.ASK_WHERE_AGAIN,)
            case _:
                question = (found or self._assess(draft)).question
                reply = (question.name, wording.ASK_YES_NO) if question else ()
        return Step(replace(self.conversation, draft=draft), reply)

    def _submit(self, draft: ReportDraft) -> Step:
        found = self._assess(draft)
        asks_where = found.is_danger and draft.place is None
        texts = [one.text for one in found.advice]
        texts.append(wording.PASSED_ON if found.is_danger else wording.ACCEPTED)
        if asks_where:
            texts.append(wording.ASK_WHERE)
        step = Step(replace(self.conversation, draft=None), tuple(texts), submit=draft)
        return replace(step, asks_where=asks_where, dangers=found.dangers)

    def _assess(self, draft: ReportDraft) -> ReportReading:
        return self.reader.assess("\n".join(draft.texts), draft.answers)

    # -- after a request

    def _followed(self) -> FollowedRequest | None:
        request = self.conversation.request
        return request if request and self.text.at - request.at < ANSWER_WITHIN else None

    def _follow_up(self, request: FollowedRequest | None) -> Step:
        if asked := self._questioned(request):
            return self._question_back(asked)
        if request is None:
            return self._begin()
        if self.reading.is_empty and not request.asks_where:
            told = wording.NOTE_ADDED if self.text.has_pictures else wording.ALREADY_TAKEN
            return self._answer(told, number=request.number)
        return self._begin() if self._is_another(request) else self._note(request.number)

    def _is_another(self, request: FollowedRequest) -> bool:
        """Return True for another danger, or for kind and place of another problem.

        The place that the person was asked for is an answer, whatever else the text says.
        """
        place = self.reading.place
        if request.asks_where and place:
            return False
        found = self.reader.assess(self.text.body)
        if is_another_danger(found, request.service_code, request.dangers):
            return True
        if not self.reading.says_what or place is None:
            return False
        is_elsewhere = request.place is not None and fold(place) != fold(request.place)
        names_kind = request.place is not None or not found.is_other
        return (names_kind and found.service_code != request.service_code) or is_elsewhere

    def _note(self, number: str, *thanks: ProgramText) -> Step:
        found, place = self.reader.assess(self.text.body), None
        texts = (*(one.text for one in found.advice), *(thanks or (wording.NOTE_ADDED,)))
        reply = tuple(text.filled(number=number) for text in texts)
        conversation, request = self.conversation, self.conversation.request
        if request and request.number == number:
            if request.place is None:
                place = self.reading.stated_place(self.text.body, asked=request.asks_where)
            dangers = request.dangers | found.dangers
            followed = replace(request, at=self.text.at, asks_where=False, dangers=dangers)
            conversation = replace(conversation, request=followed)
        note = TextNote(number, self.text.body, place) if self.text.body else None
        return Step(conversation, reply, note=note)

    def _answer(self, text: ProgramText, **values: str) -> Step:
        return Step(self.conversation, (text.filled(**values),))


def _language_of(text: IncomingText, command: Command | None, reading: TextReading) -> str | None:
    """Return the language that a text shows: ``en`` or ``es``; None where it shows none.

    English commands show none of people with another language: they are asked for those words.
    """
    if command is None:
        return reading.language
    has_commands = text.language is None or supported_language(text.language) is not None
    return command.language if has_commands or command.language == "es" else None


def _question(draft: ReportDraft, found: ReportReading) -> str:
    if not draft.has_what:
        return "what"
    if found.needs_place and draft.place is None and draft.asked != "where_again":
        return "where_again" if draft.asked == "where" else "where"
    was_asked = len(draft.texts) > 1
    return found.question.code if was_asked and found.question else ""


def _asks_of_kind(draft: ReportDraft) -> bool:
    return draft.asked not in ("", "what", "where", "where_again")
