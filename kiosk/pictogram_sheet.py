"""The sheet with which a library tests whether people who read with difficulty understand the pictograms.

`python -m kiosk.pictogram_sheet` writes it. Printed on A4 and folded on its dashed line, it shows a visitor the
pictures and whoever holds the test their meanings.
"""

from __future__ import annotations

import re
from enum import StrEnum
from math import ceil
from pathlib import Path

from markupsafe import Markup
from pydantic import Field, TypeAdapter

from kiosk.pictograms import CODE_FOLDER, PICTOGRAMS_FOLDER
from vertelpaal.words import Word

MANIFEST = PICTOGRAMS_FOLDER / "manifest.json"
TOKENS = Path(__file__).parents[1] / "vertelpaal" / "style" / "tokens.css"
TARGET = Path(__file__).parents[1] / "docs" / "pictogram-sheet.html"
PEOPLE = 10
ROWS = 11
"""How many pictures of 20 mm a page of A4 holds at most."""
PASSING = 9
"""The fewest right answers of these people that make 85 percent."""


class Use(StrEnum):
    """What a drawing is for, in the order of the sheet."""

    CONTROL = "control"
    SCREEN = "screen"
    ANSWER = "answer"
    CODE = "code"


class Meaning(Word):
    """What a drawing says, in Dutch and in English, and what it is for."""

    nl: str
    en: str
    use: Use = Field(strict=False)


QUESTIONS = {
    Use.CONTROL: ("Knoppen", "Wat gebeurt er als je dit aanraakt?"),
    Use.SCREEN: ("Plaatjes bij een scherm", "Wat wil dit plaatje zeggen?"),
    Use.ANSWER: ("Antwoorden", "Welk antwoord is dit?"),
    Use.CODE: ("Plaatjes van de code", "Wat is dit?"),
}
"""The heading of each part of the sheet, and what is asked about each of its pictures."""

STYLE = """
@page { size: A4; margin: 12mm; @bottom-right { content: counter(page) " / " counter(pages); font-size: 9pt; } }
* { box-sizing: border-box; }
body { --tone: var(--accent-soft); --signal: var(--stop); width: 186mm; margin: 0 auto; background: var(--paper-raised);
  color: var(--ink); font: 10.5pt/1.4 var(--font); print-color-adjust: exact; -webkit-print-color-adjust: exact; }
h1 { margin: 0 0 2mm; font-size: 25pt; line-height: 1.15; }
h2 { margin: 5.5mm 0 1.5mm; font-size: 13pt; }
p, ol { margin: 0 0 2mm; }
ol { padding-left: 7mm; }
li { margin-bottom: 1.5mm; padding-left: 1mm; }
svg { display: block; }
.mute { display: none; }
.lead { max-width: 155mm; font-size: 12.5pt; }
.say { margin: 1mm 0; padding: 2mm 4mm; border-left: 1mm solid var(--accent); }
.measure { display: flex; gap: 5mm; align-items: center; margin: 3mm 0; }
.measure i { flex: none; width: 20mm; height: 20mm; border: 0.4mm solid var(--ink); }
.blanks { display: grid; grid-template-columns: 1fr 1.4fr 1fr; gap: 6mm; margin: 6mm 0 0; }
.blanks span { padding-bottom: 9mm; border-bottom: 0.3mm solid var(--ink); font-weight: 700; }
.lines { height: 18mm; border-bottom: 0.3mm solid var(--line);
  background: linear-gradient(var(--line), var(--line)) 0 50% / 100% 0.3mm no-repeat; }
table { width: 100%; border-collapse: collapse; table-layout: fixed; break-before: page; }
tr { break-inside: avoid; }
col.picture { width: 30mm; }
col.meaning { width: 45mm; }
col.tick { width: 6.6mm; }
col.total { width: 15mm; }
tbody tr { height: min(29mm, 246mm / var(--rows)); border-bottom: 0.2mm solid var(--line); }
th, td { padding: 0; text-align: left; vertical-align: middle; }
td svg { width: 20mm; height: 20mm; margin-left: 2mm; }
.fold { border-left: 0.3mm dashed var(--ink); padding-left: 5mm; }
.title { padding-bottom: 2mm; font-weight: 400; }
.title b { display: block; font-size: 15pt; line-height: 1.2; }
thead tr:last-child th { padding-bottom: 1mm; border-bottom: 0.4mm solid var(--ink); font-size: 8.5pt; }
.centre { text-align: center; }
td b { display: block; font-size: 12pt; line-height: 1.25; }
small { color: var(--ink-soft); font-size: 8pt; }
.box { display: inline-block; width: 5mm; height: 5mm; border: 0.3mm solid var(--ink); border-radius: 0.8mm;
  vertical-align: -1.2mm; }
.written { display: block; width: 10mm; height: 9mm; margin: 0 auto; border-bottom: 0.3mm solid var(--ink); }
.verdict label { display: flex; gap: 1.5mm; align-items: center; margin: 1mm 0; font-size: 8.5pt; line-height: 1.1; }
.verdict .box { flex: none; width: 4mm; height: 4mm; }
@media screen { body { padding: 12mm 0; } table { margin-top: 15mm; } }
"""

COVER = Markup("""
<h1>Begrijpt iedereen de plaatjes?</h1>
<p class="lead">Op het scherm van de Vertelpaal staan plaatjes. Ook wie niet leest, moet ze begrijpen.
Met deze bladen toets je dat.</p>
<h2>Vooraf</h2>
<ol>
<li>Zoek minstens tien mensen die moeite hebben met lezen. Vraag ze één voor één.</li>
<li>Druk de bladen af op A4, op één kant van het papier, op ware grootte (100%). Liefst zonder kleur.</li>
<li>Vouw elk blad op de stippellijn naar achteren. De ander ziet de plaatjes, jij ziet de betekenis.</li>
</ol>
<div class="measure"><i></i>
<span>Meet dit vierkant na. Het moet 20 bij 20 millimeter zijn, net als elk plaatje.</span></div>
<h2>De toets</h2>
<ol>
<li>Zeg: <p class="say">“Deze plaatjes staan op een scherm in de bieb. Ik toets de plaatjes, niet jou.
Je kunt niets fout doen, en je mag altijd stoppen.”</p></li>
<li>Wijs een plaatje aan. Stel de vraag die boven het blad staat. Help niet, en zeg niet of het klopt.</li>
<li>Is het goed? Zet een vinkje onder het nummer van deze persoon. Eigen woorden zijn ook goed: “vuilnisbak” is goed
voor “weggooien”. Is het niet goed, of weet iemand het niet? Zet een streepje.</li>
<li>Te veel voor één keer? Doe een paar bladen. Elk plaatje moet door minstens tien mensen bekeken zijn.</li>
</ol>
<h2>De uitslag</h2>
<p>Tel de vinkjes. <b>{passing} van de {people} of meer</b> (85%): het plaatje is <b>goed</b>. Minder: <b>opnieuw
tekenen</b>. Noemt iemand het tegendeel, zoals “bewaren” bij “weggooien”? Teken het dan ook opnieuw.</p>
<p>Schrijf niets op over de mensen: geen naam, geen letters van een naam, geen leeftijd, geen taal.</p>
<p><small>De toets volgt het idee van ISO 9186: vraag mensen wat een plaatje betekent, en tel.</small></p>
<div class="blanks"><span>Datum</span><span>Plaats</span><span>Aantal mensen</span></div>
<h2>Opnieuw te tekenen</h2>
<div class="lines"></div>
""")

HEADING = Markup("""<colgroup><col class="picture"><col class="meaning"><col class="tick" span="{people}">\
<col class="total"><col></colgroup>
<thead>
<tr><th></th><th class="fold title" colspan="{columns}"><b>{title}</b>Vraag: “{question}”</th></tr>
<tr><th></th><th class="fold">Betekenis</th>{numbers}<th class="centre">Goed</th><th>Uitslag</th></tr>
</thead>""")

ROW = Markup("""<tr><td>{drawing}</td><td class="fold"><b>{meaning}</b><small>{name}</small></td>{boxes}\
<td><i class="written"></i></td><td class="verdict"><label><i class="box"></i>goed</label>\
<label><i class="box"></i>opnieuw tekenen</label></td></tr>""")

PAGE = """<!DOCTYPE html>
<html lang="nl">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Toetsblad voor de plaatjes van de Vertelpaal</title>
<style>
:root {{ {tokens} }}{style}</style>
</head>
<body>
<main>{cover}{pages}
</main>
</body>
</html>
"""


def read_manifest() -> dict[str, Meaning]:
    """Return what each drawing means, by its name."""
    return TypeAdapter(dict[str, Meaning]).validate_json(MANIFEST.read_bytes())


def drawing_path(name: str, use: Use) -> Path:
    """Return where a drawing is kept."""
    return (CODE_FOLDER if use is Use.CODE else PICTOGRAMS_FOLDER) / f"{name}.svg"


def make_sheet() -> str:
    """Return the whole sheet as one page that needs nothing beside it."""
    cover = COVER.format(passing=PASSING, people=PEOPLE)
    meanings = read_manifest()
    pages = Markup("").join(
        _page(use, rows)
        for use in Use
        for rows in _share_out([_row(n, m) for n, m in meanings.items() if m.use is use])
    )
    used = set(re.findall(r"var\((--[\w-]+)", STYLE + pages))
    tokens = re.findall(r"^ +(--[\w-]+): (.+;)$", TOKENS.read_text(encoding="utf-8"), re.MULTILINE)
    wanted = "\n  ".join(f"{name}: {value}" for name, value in tokens if name in used)
    return PAGE.format(tokens=wanted, style=STYLE, cover=cover, pages=pages)


def _share_out(rows: list[Markup]) -> list[list[Markup]]:
    """Divide rows over as few pages as hold them, as evenly as can be."""
    pages = ceil(len(rows) / ROWS)
    size = ceil(len(rows) / pages)
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def _page(use: Use, rows: list[Markup]) -> Markup:
    title, question = QUESTIONS[use]
    numbers = Markup("").join(Markup('<th class="centre">{}</th>').format(person) for person in range(1, PEOPLE + 1))
    heading = HEADING.format(people=PEOPLE, columns=PEOPLE + 3, title=title, question=question, numbers=numbers)
    table = Markup('\n<table style="--rows: {}">{}\n<tbody>\n{}\n</tbody></table>')
    return table.format(len(rows), heading, Markup("\n").join(rows))


def _row(name: str, meaning: Meaning) -> Markup:
    drawing = drawing_path(name, meaning.use).read_text(encoding="utf-8").strip()
    box = Markup('<td class="centre"><i class="box"></i></td>')
    return ROW.format(
        drawing=Markup(drawing.replace("<svg ", '<svg aria-hidden="true" ', 1)),  # noqa: S704 (our own drawing)
        meaning=meaning.nl,
        name=name,
        boxes=box * PEOPLE,
    )


if __name__ == "__main__":
    TARGET.write_text(make_sheet(), encoding="utf-8")
