// The words of <longhaul-export>, in ten languages, and numbers as the language writes them.
//
// Each language is one text with a line for each of KEYS, in their order: so ten languages are small.
// Where the page says the same (chalicelib/web/texts-*.js), these are its words.

const KEYS = [
  // What a button and a link say, if the page gives no label.
  "download", "cancel", "again",
  // What is being done.
  "starting", "queued",
  // {done} and {n} are numbers. {time} is a duration.
  "files", "left", "trying",
  // How it ended. {n}: a number. Behind a colon, so no plural is needed.
  "ready", "leftOut", "failed", "cancelled", "expired",
  // Why it failed, by the ends of the types of problems.
  "selection-used", "outdated", "unauthorized", "forbidden", "source-missing", "source-unreadable",
  "nothing-to-export", "quota-exceeded", "no-connection", "unavailable",
  // When it may work.
  "wait",
] as const;

export type Key = (typeof KEYS)[number];

/** The texts of one language, by name. A page may also have texts for other problems, by the ends of
 * their types: `source-changed`. */
export type Texts = Record<Key, string> & Record<string, string>;

/** Problems that are told in the words of another one. */
const SAME: Record<string, Key> = {
  "too-many-jobs": "unavailable",
  "rate-limited": "unavailable",
};

const LANGUAGES: Record<string, string> = {
  ar: `تنزيل
إلغاء
إعادة المحاولة
جارٍ البدء…
ينتظر دوره.
الملفات: {done} من {n}
بقي {time}
تجري إعادة المحاولة…
جاهز للتنزيل
ملفات مستبعدة: {n}
فشل التصدير
أُلغي التصدير
انتهت صلاحية الأرشيف
صُدّر هذا من قبل
هذه الصفحة قديمة
لم تسجّل الدخول
غير مسموح
ملفات مفقودة
تتعذر قراءة ملفات
لا شيء لتصديره
هذا أكثر مما يُسمح لك بتصديره
لا يوجد اتصال
الخدمة مشغولة
حاول مجددًا بعد {time}.`,
  de: `Herunterladen
Abbrechen
Erneut versuchen
Wird gestartet …
In der Warteschlange.
{done} von {n} Dateien
noch {time}
Neuer Versuch …
Bereit zum Herunterladen
Ausgelassene Dateien: {n}
Der Export ist fehlgeschlagen
Der Export wurde abgebrochen
Das Archiv ist abgelaufen
Das wurde schon exportiert
Diese Seite ist veraltet
Nicht angemeldet
Das ist nicht erlaubt
Dateien fehlen
Dateien sind nicht lesbar
Nichts zu exportieren
Kontingent überschritten
Keine Verbindung
Der Dienst ist ausgelastet
Bitte in {time} erneut versuchen.`,
  en: `Download
Cancel
Try again
Starting…
Waiting for its turn.
{done} of {n} files
{time} left
Trying again…
Ready to download
Files left out: {n}
The export failed
The export was cancelled
The archive has expired
This was exported before
This page is out of date
You are not signed in
This is not allowed
Files are missing
Files cannot be read
There is nothing to export
This is more than you may export
No connection
The service is busy
Try again in {time}.`,
  es: `Descargar
Cancelar
Reintentar
Iniciando…
Esperando su turno.
{done} de {n} archivos
falta: {time}
Reintentando…
Lista para descargar
Archivos omitidos: {n}
La exportación ha fallado
La exportación se ha cancelado
El paquete ha caducado
Ya se había exportado
Esta página está desactualizada
No ha iniciado sesión
No está permitido
Faltan archivos
Hay archivos ilegibles
No hay nada que exportar
Cuota superada
Sin conexión
El servicio está saturado
Vuelva a intentarlo en {time}.`,
  fr: `Télécharger
Annuler
Réessayer
Lancement…
En attente de son tour.
{done} sur {n} fichiers
reste {time}
Nouvel essai…
Prêt à télécharger
Fichiers omis : {n}
L’export a échoué
L’export a été annulé
L’archive a expiré
Export déjà effectué
Cette page n’est plus à jour
Connexion requise
Action non autorisée
Des fichiers manquent
Des fichiers sont illisibles
Rien à exporter
Quota dépassé
Pas de connexion
Le service est surchargé
Réessayez dans {time}.`,
  it: `Scarica
Annulla
Riprova
Avvio…
In attesa del suo turno.
{done} di {n} file
ancora {time}
Nuovo tentativo in corso…
Pronta da scaricare
File esclusi: {n}
L’esportazione non è riuscita
L’esportazione è stata annullata
L’archivio è scaduto
Esportazione già eseguita
Questa pagina non è aggiornata
Devi accedere
Operazione non consentita
Mancano dei file
File non leggibili
Niente da esportare
Limite superato
Nessuna connessione
Il servizio è occupato
Riprova tra {time}.`,
  ja: `ダウンロード
キャンセル
再試行
開始しています…
順番を待っています。
ファイル{n}件中{done}件
残り{time}
再試行しています…
ダウンロードできます
除外されたファイル：{n}件
エクスポートに失敗しました
エクスポートはキャンセルされました
アーカイブの保存期限が切れました
すでにエクスポートされています
ページが古くなっています
サインインしていません
許可されていません
見つからないファイルがあります
読み取れないファイルがあります
エクスポートするものがありません
エクスポートできる量を超えています
接続できません
サービスが混み合っています
{time}後に再度お試しください。`,
  nl: `Downloaden
Annuleren
Opnieuw proberen
Starten…
Wacht op zijn beurt.
{done} van {n} bestanden
nog {time}
Er wordt opnieuw geprobeerd…
Klaar om te downloaden
Weggelaten bestanden: {n}
De export is mislukt
De export is geannuleerd
Het archief is verlopen
Dit is al geëxporteerd
Deze pagina is verouderd
Je bent niet ingelogd
Dit mag niet
Er ontbreken bestanden
Onleesbare bestanden
Er is niets te exporteren
Dit is meer dan je mag exporteren
Geen verbinding
De dienst is bezet
Probeer het over {time} opnieuw.`,
  pt: `Baixar
Cancelar
Tentar de novo
Iniciando…
Aguardando a vez.
{done} de {n} arquivos
{time} até terminar
Tentando de novo…
Pronta para baixar
Arquivos que ficaram de fora: {n}
A exportação falhou
A exportação foi cancelada
O pacote expirou
Isto já foi exportado
Esta página está desatualizada
É preciso entrar
Isto não é permitido
Faltam arquivos
Há arquivos ilegíveis
Não há nada para exportar
Isto passa do seu limite
Sem conexão
O serviço está ocupado
Tente de novo em {time}.`,
  zh: `下载
取消
重试
正在开始…
正在排队。
已完成 {done} 个文件，共 {n} 个
剩余 {time}
正在重试…
可以下载了
跳过的文件：{n} 个
导出失败
导出已取消
压缩包已过期
此内容已导出过
此页面已过时
尚未登录
没有权限
有文件缺失
有文件无法读取
没有可导出的内容
超出了可导出的量
无法连接
服务繁忙
请在 {time}后重试。`,
};

const RIGHT_TO_LEFT = /^(ar|fa|he|ur)\b/i;
const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];

const languageOf = (tag: string): string => /^[a-z]{2,3}(?=-|$)/.exec(tag.toLowerCase())?.[0] ?? "";

/** Words and numbers of one language. */
export interface Words {
  /** The language's tag, as the page or the browser has it. */
  tag: string;
  isRightToLeft: boolean;
  /** Returns the text of this name, with these values in its places. */
  t(key: Key, values?: Record<string, string | number>): string;
  /** Returns the name of the text that says why, by the end of a problem's type. */
  why(slug: string): Key;
  /** "64%" of 64. */
  percent(number: number): string;
  /** "20 MB" */
  size(bytes: number): string;
  /** "8.3 / 20 MB" */
  sizeOf(bytes: number, total: number): string;
  /** "2 min" */
  duration(seconds: number): string;
}

/**
 * Returns the words of the first of these languages that there are texts in; English without one.
 * `own` has texts of the page's own, by language: they come before ours.
 */
export function wordsOf(tags: readonly string[], own: Record<string, Partial<Texts>>): Words {
  const tag = tags.find((one) => own[one] || own[languageOf(one)] || LANGUAGES[languageOf(one)]) ?? "en";
  const language = languageOf(tag);
  const texts = { ...own[language], ...own[tag] };
  const lines = (LANGUAGES[language] ?? LANGUAGES["en"]!).split("\n");
  const write = (number: number, more?: Intl.NumberFormatOptions): string => {
    try {
      return new Intl.NumberFormat(tag, more).format(number);
    } catch {
      return new Intl.NumberFormat("en", more).format(number); // the page's tag is none
    }
  };
  const inUnit = (number: number, unit: string, maximumFractionDigits = 0): string =>
    write(number, { style: "unit", unit, unitDisplay: unit === "byte" ? "long" : "short", maximumFractionDigits });
  /** A number of the unit that `whole` is best told in, with one digit behind the point if it is small. */
  const scaled = (bytes: number, whole: number, put = inUnit): string => {
    const power = UNITS.filter((_, above) => above && whole >= 999.5 * 1000 ** (above - 1)).length;
    const number = bytes / 1000 ** power;
    return put(number, UNITS[power]!, power && number < 99.95 ? 1 : 0);
  };
  const size = (bytes: number): string => scaled(bytes, bytes);
  const has = (key: string): key is Key => !!texts[key] || (KEYS as readonly string[]).includes(key);
  return {
    tag,
    why: (slug) => [slug, SAME[slug] ?? ""].find(has) ?? "failed",
    isRightToLeft: RIGHT_TO_LEFT.test(tag),
    t: (key, values = {}) =>
      (texts[key] ?? lines[KEYS.indexOf(key)] ?? "").replace(/\{(\w+)\}/g, (place, name: string) => {
        const value = values[name] ?? place;
        return typeof value === "number" ? write(value) : value;
      }),
    percent: (number) => write(number / 100, { style: "percent" }),
    size,
    sizeOf: (bytes, total) => `${scaled(bytes, total, (number, _, maximumFractionDigits) => write(number, { maximumFractionDigits }))} / ${size(total)}`,
    duration: (seconds) => {
      if (seconds < 60) return inUnit(Math.ceil(seconds), "second");
      return seconds < 5400 ? inUnit(seconds / 60, "minute") : inUnit(seconds / 3600, "hour", 1);
    },
  };
}
