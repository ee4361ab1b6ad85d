/**
 * The keys of each language: rows of keys parted by spaces, at most twelve in a row, so that each stays as large as any target.
 *
 * A page is named as the keyboard names it: "default" are the letters, "shift" the capitals where the script has them, and
 * "symbols" the digits and signs. A name in braces is a key that does something else than write itself. Keys stand from left to
 * right in every script; an editor may show the rows of Arabic letters the other way round. There brackets are shown turned,
 * so the closing one comes first.
 *
 * @typedef {{name: string, pages: Record<string, string[]>, columns: number, direction: "ltr"|"rtl", orders: boolean}} Layout
 */

const LATIN = layout("abc", {
  default: ["q w e r t y u i o p", "a s d f g h j k l '", "{shift} z x c v b n m {backspace}", "{symbols} , {space} . ?"],
  shift: ["Q W E R T Y U I O P", "A S D F G H J K L \"", "{shift} Z X C V B N M {backspace}", "{symbols} ! {space} . ?"],
  symbols: ["1 2 3 4 5 6 7 8 9 0", "é è ë ï ö ü à ç € &", "- : ; ( ) / + {backspace}", "{letters} , {space} . ?"],
});

/* İ is the capital of i, and I that of ı. */
const TURKISH = layout("abc", {
  default: [
    "q w e r t y u ı o p ğ ü",
    "a s d f g h j k l ş i '",
    "{shift} z x c v b n m ö ç {backspace}",
    "{symbols} , {space} . ?",
  ],
  shift: [
    "Q W E R T Y U I O P Ğ Ü",
    "A S D F G H J K L Ş İ \"",
    "{shift} Z X C V B N M Ö Ç {backspace}",
    "{symbols} ! {space} . ?",
  ],
  symbols: ["1 2 3 4 5 6 7 8 9 0 - /", "â î û é ë ï ä € & % @ #", "! : ; ( ) + = * \" {backspace}", "{letters} , {space} . ?"],
});

/* Nine letters more than the others: the keys of QWERTY stay together, theirs follow, and shift makes room for them. */
const POLISH = layout("abc", {
  default: [
    "q w e r t y u i o p ó ę",
    "a s d f g h j k l ł ą ś",
    "z x c v b n m ż ź ć ń {backspace}",
    "{shift} {symbols} , {space} . ?",
  ],
  shift: [
    "Q W E R T Y U I O P Ó Ę",
    "A S D F G H J K L Ł Ą Ś",
    "Z X C V B N M Ż Ź Ć Ń {backspace}",
    "{shift} {symbols} ! {space} . ?",
  ],
  symbols: ["1 2 3 4 5 6 7 8 9 0 - /", "é ë ï ö ü ä ß € & % @ #", "! : ; ( ) + = „ ” ' {backspace}", "{letters} , {space} . ?"],
});

const UKRAINIAN = layout("абв", {
  default: [
    "й ц у к е н г ш щ з х ї",
    "ф і в а п р о л д ж є ґ",
    "{shift} я ч с м и т ь б ю ' {backspace}",
    "{symbols} , {space} . ?",
  ],
  shift: [
    "Й Ц У К Е Н Г Ш Щ З Х Ї",
    "Ф І В А П Р О Л Д Ж Є Ґ",
    "{shift} Я Ч С М И Т Ь Б Ю \" {backspace}",
    "{symbols} ! {space} . ?",
  ],
  symbols: ["1 2 3 4 5 6 7 8 9 0 - /", "« » „ “ € ₴ № & % @ # =", "! : ; ( ) + * – \" ' {backspace}", "{letters} , {space} . ?"],
});

const ARABIC = layout("أ ب ت", {
  default: [
    "ض ص ث ق ف غ ع ه خ ح ج د",
    "ش س ي ب ل ا ت ن م ك ط ذ",
    "ئ ء ؤ ر ى ة و ز ظ أ إ {backspace}",
    "{symbols} آ ، {space} . ؟",
  ],
  symbols: ["1 2 3 4 5 6 7 8 9 0 - /", "» « ً ٌ ٍ ّ َ ُ ِ ْ € &", "! : ؛ ) ( + = % @ \" {backspace}", "{letters} ، {space} . ؟"],
}, { direction: "rtl" });

/* {joiner} keeps two letters of one word from joining. */
const PERSIAN = layout("ا ب پ", {
  default: [
    "ض ص ث ق ف غ ع ه خ ح ج چ",
    "ش س ی ب ل ا ت ن م ک گ پ",
    "ظ ط ژ ز ر ذ د و آ ئ ء {backspace}",
    "{symbols} ، {joiner} {space} . ؟",
  ],
  symbols: ["1 2 3 4 5 6 7 8 9 0 - /", "» « أ ؤ ۀ ة ً ّ € & % @", "! : ؛ ) ( + = * # \" {backspace}", "{letters} ، {space} . ؟"],
}, { direction: "rtl" });

/* One key for each consonant, in the order in which the letters are learnt; its vowels come in a row of their own. */
const TIGRINYA = layout("ሀለሐ", {
  default: [
    "ሀ ለ ሐ መ ሠ ረ ሰ ሸ ቀ ቐ በ ቨ",
    "ተ ቸ ኀ ነ ኘ አ ከ ኸ ወ ዐ ዘ ዠ",
    "የ ደ ጀ ገ ጠ ጨ ጰ ጸ ፀ ፈ ፐ {backspace}",
    "{symbols} ፣ {space} ። ?",
  ],
  symbols: ["1 2 3 4 5 6 7 8 9 0 - /", "፡ ፤ ፥ ፦ « » € & % @ # =", "! : ; ( ) + * . , \" ' {backspace}", "{letters} ፣ {space} ። ?"],
}, { orders: true });

/** @type {Record<string, Layout>} */
const LAYOUTS = { ar: ARABIC, fa: PERSIAN, pl: POLISH, ti: TIGRINYA, tr: TURKISH, uk: UKRAINIAN };

/** What a key in braces writes, and shows where the screen has no template for it. @type {Record<string, {writes: string, label: string}>} */
export const NAMED = {
  "{space}": { writes: " ", label: "␣" },
  "{joiner}": { writes: "\u200c", label: "نیم\u200cفاصله" },
};

/* Forms with a w, as Unicode has them: five for some consonants, none for others, and for the rest one, after the seventh order. */
const WITH_FIVE = "ቀቐኀከኸገ";
const WITH_NONE = "ሀወዐየፀ";
const SERIES = new Map(TIGRINYA.pages.default.slice(0, 3).join(" ").split(" ").flatMap(seriesOf));

/** The layouts of a language, its own first; whoever writes in other letters has Latin ones too. @param {string} language */
export function layoutsOf(language) {
  const own = LAYOUTS[language] ?? LATIN;
  return own.name === LATIN.name ? [own] : [withSwitch(own), withSwitch(LATIN)];
}

/** The letters that share a consonant with this one, in the order of their vowels; none where vowels are letters. @param {string} letter */
export function ordersOf(letter) {
  return SERIES.get(letter) ?? [];
}

/** @param {string} name @param {Record<string, string[]>} pages @param {Partial<Layout>} more @returns {Layout} */
function layout(name, pages, more = {}) {
  const rows = Object.values(pages).flat();
  const columns = Math.max(...rows.map((row) => row.split(" ").length));
  return { name, pages, columns, direction: "ltr", orders: false, ...more };
}

/** Put a key in the lowest row of each page that goes to the other letters. @param {Layout} one @returns {Layout} */
function withSwitch(one) {
  const pages = Object.entries(one.pages).map(([page, rows]) => [page, rows.with(-1, (rows.at(-1) ?? "").replace(" ", " {script} "))]);
  return { ...one, pages: Object.fromEntries(pages) };
}

/** @param {string} first @returns {[string, string[]][]} */
function seriesOf(first) {
  if (first.length > 1) return [];
  const more = WITH_FIVE.includes(first) ? [8, 10, 11, 12, 13] : WITH_NONE.includes(first) ? [] : [7];
  const forms = [0, 1, 2, 3, 4, 5, 6, ...more].map((order) => String.fromCharCode(first.charCodeAt(0) + order));
  return forms.map((form) => [form, forms]);
}
