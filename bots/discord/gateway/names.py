"""The names and descriptions of our commands in the languages of those who see them. English is what the code says.

Discord asks for each word when the commands are published. A word that is neither in this table nor in the
catalogues of `core/replies/languages` stays as it is.
"""

import discord
from discord import app_commands

from core.replies.languages.say import SOURCE, language_of, say, speaking

DE = {
    # entries of a message's menu; slash commands keep their names, because cards and people mention them
    "Make a video of this": "Ein Video daraus machen",
    "Animate this picture": "Dieses Bild bewegen",
    # names of options
    "prompt": "beschreibung", "at": "wann", "preset": "vorlage", "seed": "seed", "view": "ansicht", "show": "zeige",
    "fallback": "ersatz",
    "tier": "stufe", "aspect": "format", "seconds": "sekunden", "audio": "ton", "negative": "ohne", "image": "bild",
    "last_image": "endbild",
    "reference1": "referenz1", "reference2": "referenz2", "reference3": "referenz3", "reference4": "referenz4",
    "takes": "varianten", "spoiler": "spoiler", "gallery": "galerie", "amount": "menge",
    "channel": "kanal", "days": "tage", "title": "titel",
    "must": "pflicht", "starts_in": "beginnt_in", "keep": "behalten",
    # choices
    "what is left, and this month's use": "was übrig ist, und was dieser Monat gekostet hat",
    "every video and every credit": "jedes Video und jeder Credit",
    "a picture of the last 30 days": "ein Bild der letzten 30 Tage",
    "the rules that hold": "die Regeln, die gelten",
    "who has changed what": "wer was geändert hat",
    "what was used this month": "was in diesem Monat verbraucht wurde",
    "what I lack in a channel": "was mir in einem Kanal fehlt",
    "what was used as a file": "was verbraucht wurde, als Datei",
    "Any": "Irgendwer", "Never fall back": "Niemand", "Same tier": "Dieselbe Stufe",
    # descriptions
    "How many videos of it at once; you pick one": "Wie viele Videos auf einmal; du wählst eines",
    "A name that your server's managers have given to words and a look":
        "Ein Name, den die Verwaltung des Servers für Worte und Aussehen vergeben hat",
    "When it is to be made: tomorrow 9:00, in 2 hours, when cheap":
        "Wann es entstehen soll: tomorrow 9:00, in 2 hours, when cheap",
    "Who may take over when a video's first provider fails": "Wer einspringt, wenn der erste Anbieter ausfällt",
    "For how many days prompts, pictures and videos are kept":
        "Wie viele Tage Beschreibungen, Bilder und Videos bleiben",
    "The rules, the log, what was used, or what I lack in a channel":
        "Die Regeln, das Protokoll, der Verbrauch, oder was mir in einem Kanal fehlt",
    "The channel to check": "Der Kanal, der geprüft wird",
    "Make an AI video; it comes into a thread here": "Mach ein KI-Video; es kommt hier in einen Thread",
    "What the video should show; left out, a form asks": "Was das Video zeigen soll; leer fragt ein Formular",
    "Quality, with what 8 seconds take; left out, the best available":
        "Qualität, mit dem Preis für 8 Sekunden; leer: die beste",
    "Width to height": "Breite zu Höhe",
    "How long": "Wie lang",
    "With sound, where the model can": "Mit Ton, wo das Modell es kann",
    "A picture that the video begins with, and whose shape it takes":
        "Ein Bild, mit dem das Video beginnt und dessen Form es hat",
    "A picture that it ends with, where the model can": "Ein Bild, mit dem es endet, wo das Modell es kann",
    "A picture of somebody or something that is to be in it, where the model can":
        "Ein Bild von jemandem oder etwas, das vorkommen soll, wo das Modell es kann",
    "Another one": "Noch eines",
    "Behind a veil, until somebody wants to see it": "Verdeckt, bis jemand es sehen will",
    "False keeps it out of this server's gallery": "False hält es aus der Galerie dieses Servers heraus",
    "What your team has left, and where it went": "Was dein Team übrig hat, und wohin es ging",
    "What to see; left out, the balance": "Was du sehen willst; leer: der Stand",
    "For admins: budgets, approval, alerts, shared credits":
        "Für Admins: Budgets, Freigabe, Hinweise, geteilte Credits",
    "How the providers are doing, and who stands in for whom":
        "Wie es den Anbietern geht, und wer für wen einspringt",
    "For admins: how this server's videos are made": "Für Admins: wie die Videos dieses Servers entstehen",
    "Buy credits for this server, or for yourself": "Kaufe Credits für diesen Server oder für dich",
    "The best videos of the last 30 days in this server": "Die besten Videos der letzten 30 Tage auf diesem Server",
    "This server's contest: its theme, who is in front, and your entry":
        "Der Wettbewerb: sein Thema, wer vorn liegt, und dein Beitrag",
    "For admins: the gallery and contests of this server": "Für Admins: Galerie und Wettbewerbe dieses Servers",
    "Show finished videos in a channel or a forum; without one, nowhere":
        "Zeige fertige Videos in einem Kanal oder Forum; ohne: nirgends",
    "Where videos are shown; left out, the gallery is closed": "Wo Videos gezeigt werden; leer schließt die Galerie",
    "Begin a contest: one entry each, and people vote":
        "Beginne einen Wettbewerb: ein Beitrag je Person, und alle stimmen ab",
    "The theme": "Das Thema",
    "How long it lasts": "Wie lange er dauert",
    "Words that an entry's description has, with commas between them":
        "Wörter, die in der Beschreibung stehen, mit Kommas",
    "Days until it begins; left out, now": "Tage bis zum Beginn; leer: jetzt",
    "End the contest now; the result comes into the gallery":
        "Beende den Wettbewerb; das Ergebnis kommt in die Galerie",
}  # fmt: skip
_BY_LOCALE = {discord.Locale.german: DE}
_NAMES = frozenset(
    {
        app_commands.TranslationContextLocation.parameter_name,
        app_commands.TranslationContextLocation.parameter_description,
        app_commands.TranslationContextLocation.command_description,
        app_commands.TranslationContextLocation.group_description,
        app_commands.TranslationContextLocation.choice_name,
    }
)


class Names(app_commands.Translator):
    """The translator that discord.py asks when the commands are published."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """The word in this language; None where it stays as it is, like the names of slash commands."""
        if context.location not in _NAMES and not isinstance(context.data, app_commands.ContextMenu):
            return None
        if (ours := _BY_LOCALE.get(locale, {}).get(string.message)) is not None:
            return ours
        if language_of(locale.value) == SOURCE:
            return None
        with speaking(locale.value):
            told = say(string.message)
        return told if told != string.message else None
