"""How words sound, and the words that turn, raise or lower what follows; English, German, French, Spanish."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final


def _listed(lines: str) -> tuple[str, ...]:
    return tuple(lines.split())


_BY_VALENCE: Final[Mapping[float, tuple[str, ...]]] = {
    3.0: _listed("""
        amazing awesome brilliant excellent fantastic love loved outstanding perfect superb wonderful
        ausgezeichnet fantastisch genial großartig hervorragend liebe perfekt wunderbar
        adore excellent excellente fantastique génial géniale merveilleux parfait parfaite
        encanta excelente fantástico genial maravilloso perfecta perfecto
    """),
    2.0: _listed("""
        delighted glad good great happy nice pleased recommend thank thanks
        danke dankbar freue freut froh glücklich gut gute klasse prima schön super toll zufrieden
        aime bien bon bonne content contente formidable heureux heureuse merci ravi ravie
        buen buena bueno contenta contento feliz gracias gusta satisfecho
    """),
    1.0: _listed("""
        appreciate better clear easy fine friendly helped helpful helps kind polite quick quickly
        resolved satisfied smooth solved useful welcome work worked working works
        einfach freundlich funktioniert funktionieren geholfen gelöst hilfreich klappt nett schnell
        aimable facile fonctionne gentil marche rapide résolu utile
        amable fácil funciona rápido resuelto útil
    """),
    -1.0: _listed("""
        annoying bother confused confusing delay delayed difficult error failed fails late missing
        mistake overcharged problem problems refuse refused sad slow stuck trouble unclear waiting
        worried wrong
        falsch fehler fehlt kompliziert langsam leider problem probleme schwierig spät verspätet warte
        attends compliqué difficile erreur lent lente malheureusement problème problèmes retard
        complicado demora difícil error esperando lenta lento problema problemas tarde
    """),
    -2.0: _listed("""
        annoyed bad broken complain complaint damaged defective disappointed disappointing fed
        frustrated frustrating ignored joke lost poor rude stolen unfair unhappy unhelpful upset
        useless waste worse
        beschädigt beschwerde defekt enttäuscht genervt kaputt nervt nutzlos schlecht schlechte
        schlechter unfreundlich unzufrieden verloren ärgerlich ärgern
        cassé déçu déçue fâché inutile mauvais mauvaise mécontent mécontente nul nulle perdu plainte
        decepcionada decepcionado enfadada enfadado injusto inútil mala malo molesta molesto perdido
        queja roto
    """),
    -3.0: _listed("""
        abysmal angry appalling atrocious awful disgrace disgraceful disgusting dreadful furious hate
        horrible horrific incompetent liars outrageous pathetic ridiculous scam shameful terrible
        unacceptable worst
        betrug entsetzlich frechheit furchtbar hasse inakzeptabel katastrophal katastrophe sauer
        schrecklich skandal unverschämt unverschämtheit wütend
        affreux arnaque catastrophe catastrophique déteste furieuse furieux honteux inacceptable
        inadmissible lamentable scandaleux
        desastre estafa fatal furiosa furioso inaceptable odio pésima pésimo vergüenza
    """),
}

VALENCES: Final[Mapping[str, float]] = {
    word.casefold(): valence for valence, listed in _BY_VALENCE.items() for word in listed
}
"""From -3 (awful) to 3 (wonderful)."""

IDIOMS: Final = frozenset(
    ("bien sûr", "buen día", "good afternoon", "good day", "good evening", "good morning", "kind of")
)
"""Pairs whose first word sounds like nothing there."""

FACES: Final[Mapping[str, float]] = {
    **dict.fromkeys(_listed(":) :-) :D 😀 😊 🙂 😍 👍 ❤"), 2.0),
    **dict.fromkeys(_listed(":( :-( :'( 😞 🙁 😢 👎"), -2.0),
    **dict.fromkeys(_listed("😠 😡 🤬 😤"), -3.0),
}

NEGATIONS: Final = frozenset(
    _listed("""
        aren't can't cannot didn't doesn't don't hardly isn't neither never no nobody none not nothing
        wasn't weren't without won't wouldn't
        kein keine keinen keiner nicht nichts nie niemals niemand ohne
        aucun aucune jamais ne ni pas rien sans
        jamás nada nadie ni ningún ninguna nunca sin
    """)
)
TRAILING: Final = frozenset(_listed("nicht pas nada"))
"""Negations that come behind what they turn."""

DEGREES: Final[Mapping[str, float]] = {
    **dict.fromkeys(
        _listed("""
            absolutely completely extremely highly incredibly really so totally truly utterly very
            absolut echt extrem richtig sehr so total völlig wirklich
            absolument complètement extrêmement tellement totalement très vraiment
            absolutamente completamente muy realmente tan totalmente
        """),
        1.4,
    ),
    **dict.fromkeys(
        _listed(
            "barely bit kinda little slightly somewhat sort bisschen etwas ziemlich peu plutôt algo poco"
        ),
        0.6,
    ),
}
TURNS: Final = frozenset(_listed("but however aber jedoch mais cependant pero"))
"""What is said behind one of these counts more than what went before."""
