"""Made-up answers to open questions, and the words a survey platform puts above its own columns."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_Texts = Mapping[str, tuple[str, ...]]

_GOAL: _Texts = {
    "en": (
        "To get used to a working day",
        "To find out whether this kind of work suits me",
        "More confidence when I talk to customers",
        "Using the till, the stock list, and the booking system",
        "Something I can put on my CV",
        'To learn what a "social enterprise" really does',
    ),
    "it": (
        "Imparare a lavorare in gruppo",
        "Capire se questo lavoro fa per me",
        "Sentirmi più sicuro quando parlo con i clienti",
        "Usare bene il magazzino, la cassa e il computer",
        "Fare un'esperienza vera prima del diploma",
        "Conoscere da vicino una cooperativa sociale",
    ),
    "sv": (
        "Få rutin på en vanlig arbetsdag",
        "Se om det här är ett jobb för mig",
        "Våga prata mer inför andra",
        "Lära mig kassan, lagret och bokningarna",
        "Något att skriva i mitt cv",
        "Förstå hur ett socialt företag fungerar på riktigt",
    ),
    "ro": (
        "Să mă obișnuiesc cu programul de lucru",
        "Să aflu dacă mi se potrivește munca aceasta",
        "Mai multă încredere când vorbesc cu oamenii",
        "Să folosesc casa, stocurile și calculatorul",
        "O experiență pe care să o trec în CV",
        "Să înțeleg ce face o întreprindere socială",
    ),
}
_BEST: _Texts = {
    "en": (
        "The team made me feel welcome",
        "Being trusted with a real task",
        "Seeing that the work helps people nearby",
        "I learnt more in a month than in a term",
        "Planning an event from start to finish",
        "The early mornings were hard, the rest was good",
    ),
    "it": (
        "Il gruppo mi ha accolto bene",
        "Mi hanno affidato un compito vero",
        "Vedere che il lavoro serve alle persone",
        "Ho imparato più che a scuola",
        "Organizzare una giornata aperta dall'inizio alla fine",
        "Gli orari erano pesanti, il resto è andato bene",
    ),
    "sv": (
        "Att alla i gruppen var så hjälpsamma",
        "Att få ansvar för en riktig uppgift",
        "Att se att arbetet gör nytta",
        "Jag lärde mig mer än på hela terminen",
        "Att planera en marknadsdag från början till slut",
        "Det var tungt att gå upp tidigt, annars bra",
    ),
    "ro": (
        "Echipa m-a primit foarte bine",
        "Am avut o sarcină adevărată, pe răspunderea mea",
        "Am văzut că munca ajută oamenii din zonă",
        "Am învățat mai mult decât într-un semestru",
        "Pregătirea unui târg, de la început până la sfârșit",
        "Programul a fost greu, restul a mers bine",
    ),
}
_OTHER: _Texts = {
    "en": ("Nothing to add",),
    "it": ("Niente da aggiungere",),
    "sv": ("Inget att tillägga",),
    "ro": ("Nimic de adăugat",),
}
OPEN_ANSWERS: Mapping[str, _Texts] = MappingProxyType({"goal": _GOAL, "best": _BEST})

PLATFORM_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "en": (
            "Start Date",
            "End Date",
            "Response Type",
            "IP Address",
            "Progress",
            "Duration (in seconds)",
            "Finished",
            "Recorded Date",
            "Response ID",
            "Recipient Last Name",
            "Recipient First Name",
            "Recipient Email",
            "External Data Reference",
            "Location Latitude",
            "Location Longitude",
            "Distribution Channel",
            "User Language",
        ),
        "it": (
            "Data di inizio",
            "Data di fine",
            "Tipo di risposta",
            "Indirizzo IP",
            "Avanzamento",
            "Durata (in secondi)",
            "Completato",
            "Data di registrazione",
            "ID risposta",
            "Cognome del destinatario",
            "Nome del destinatario",
            "E-mail del destinatario",
            "Riferimento dati esterno",
            "Latitudine della posizione",
            "Longitudine della posizione",
            "Canale di distribuzione",
            "Lingua dell'utente",
        ),
    }
)
"""Words above the platform's own columns, by language of the account; other accounts are kept in English."""


def open_answers(item: str, language: str) -> tuple[str, ...]:
    """Return the made-up answers to an open question.

    Parameters
    ----------
    item : str
        Name of the item.
    language : {"en", "it", "sv", "ro"}
        Language of the answers.

    Examples
    --------
    >>> open_answers("goal", "sv")[1]
    'Se om det här är ett jobb för mig'
    """
    return OPEN_ANSWERS.get(item, _OTHER)[language]
