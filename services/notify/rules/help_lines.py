"""Rule: the line in the reader's own language that stands in a message in English.

A language whose messages no speaker has reviewed falls back to English; the line says how to get
help in it. The lines are drafts, too: each is short and says one thing.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from shared.vocabulary import supported_language

HELP_LINES: Mapping[str, str] = MappingProxyType(
    {
        "ar": "هل تحتاج إلى مساعدة بالعربية؟ اتصل على \u2066{phone}\u2069. المترجم مجاني.",
        "fil": "Kailangan ng tulong sa Tagalog? Tumawag sa {phone}. Libre ang interpreter.",
        "ja": "日本語での案内が必要な方は {phone} へお電話ください。通訳は無料です。",
        "ko": "한국어 도움이 필요하시면 {phone}번으로 전화하세요. 통역은 무료입니다.",
        "lo": "ຕ້ອງການຄວາມຊ່ວຍເຫຼືອເປັນພາສາລາວບໍ? ໂທ {phone}. ນາຍພາສາແມ່ນຟຣີ.",
        "ro": "Aveți nevoie de ajutor în română? Sunați la {phone}. Interpretul este gratuit.",
        "ru": "Нужна помощь на русском языке? Звоните: {phone}. Переводчик бесплатный.",
        "so": "Ma u baahan tahay caawimaad af Soomaali ah? Wac {phone}. Turjubaanku waa bilaash.",
        "uk": "Потрібна допомога українською? Телефонуйте: {phone}. Перекладач безкоштовний.",
        "vi": "Cần giúp bằng tiếng Việt? Gọi {phone}. Có thông dịch viên miễn phí.",
        "zh": "需要中文帮助？请拨打 {phone}。我们免费提供口译。",  # noqa: RUF001
    }
)
"""By BCP 47 primary subtag; ``{phone}`` is the city's number."""
_SAME = {"tl": "fil"}


def help_language(tags: Iterable[str | None]) -> str | None:
    """Return the language of the help line for a reader; None where none is needed or known.

    Args:
        tags: The reader's BCP 47 tags, the preferred one first; those unknown are None.
    """
    preferred = next(filter(None, tags), None)
    if preferred is None or supported_language(preferred):
        return None
    subtag = preferred.lower().replace("_", "-").partition("-")[0]
    subtag = _SAME.get(subtag, subtag)
    return subtag if subtag in HELP_LINES else None
