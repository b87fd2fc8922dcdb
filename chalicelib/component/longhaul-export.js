// Made by `make client` from clients/js.
var ue="urn:problem-type:longhaul:",Me={400:"invalid-request",401:"unauthorized",403:"forbidden",404:"not-found",413:"body-too-large",415:"unsupported-media-type",429:"rate-limited"},Ce=408,qe=425,ze=429,Ke=500,f=class extends Error{type;slug;title;status;detail;requestId;errors;retryAfter;constructor(e,t={}){let{title:n,detail:s=""}=e;super(s&&s!==n?`${n}: ${s}`:n,t.cause===void 0?{}:{cause:t.cause}),this.name="LonghaulError",this.type=e.type??"",this.slug=t.slug??Q(e),this.title=n,this.status=e.status,this.detail=s,this.requestId=e.requestId,this.errors=e.errors??[],this.retryAfter=t.retryAfter}};function Q(i){let{type:e="",status:t=0}=i;return e&&e!=="about:blank"?e.slice(e.startsWith(ue)?ue.length:e.search(/[^:/#]*$/)):Me[t]??"unavailable"}function X({slug:i,status:e}){return i==="no-connection"||e>=Ke?!0:[Ce,qe,ze].includes(e)&&i!=="quota-exceeded"}function K(i,e){return e?new Promise((t,n)=>{let s=()=>n(e.reason);e.aborted&&s(),e.addEventListener("abort",s),i.then(t,n).finally(()=>e.removeEventListener("abort",s))}):i}async function N(i,e,t=!1){let n=()=>{},s=t?globalThis.document:void 0,r=()=>s?.visibilityState==="visible"&&n(),o;try{await K(new Promise(a=>{n=a,o=setTimeout(a,_e(i)),s?.addEventListener("visibilitychange",r),s&&addEventListener("online",n)}),e)}finally{clearTimeout(o),s?.removeEventListener("visibilitychange",r),s&&removeEventListener("online",n)}}var _e=i=>Math.min(Math.max(i,200),3e5);function Z(i,e=0){let t=Math.min(500*2**i,3e4)*(.75+Math.random()/4);return Math.max(t,e*1e3)}function ce(i,e){let t=new AbortController,n=AbortSignal.timeout(i),s=e?[e,n]:[n],r=o=>t.abort(o.target.reason);for(let o of s)o.aborted&&t.abort(o.reason),o.addEventListener("abort",r);return{signal:t.signal,late:n,end:()=>s.forEach(o=>o.removeEventListener("abort",r))}}var Je=35e3,$e=3e4,Fe=401,He=204,he=304,_=class{url;i;timeout;tickets;fetch;#i;#s;constructor({url:e,token:t,fetch:n,timeout:s=Je,i:r=$e,m:o,tickets:a}){this.url=e.replace(/\/+$/,""),this.fetch=n??((u,h)=>globalThis.fetch(u,h)),this.timeout=s,this.i=r,this.tickets=a??new Map,this.#i=t,this.#s=o}async ask(e){return this.open(e,async t=>({status:t.status,headers:t.headers,body:await Be(t)}))}async open(e,t){let{signal:n}=e,s=this.tickets.get(e.job??""),r=s===void 0&&!e.d,o=r?await this.#t(n):s;for(let a=0;;a+=1){let u=await this.#o(e,o,t);if(!(u instanceof f))return u.taken;if(u.status!==Fe||!r)throw u;let h=o,g=this.#s;if(g&&!await this.#n(()=>g(h,a),n)||(o=await this.#t(n),!g&&(a>0||o===h)))throw u}}async#t(e){let t=this.#i,n=(typeof t=="function"?await this.#n(t,e):t)?.trim();if(/[^!-~]/.test(n))throw new f({title:"This is no token",status:0},{slug:"no-token"});return n}async#n(e,t){t?.throwIfAborted();try{return await K(Promise.resolve(e()),t)}catch(n){throw t?.throwIfAborted(),new f({title:`There is no token for ${this.url}`,status:0},{slug:"no-token",cause:n})}}async#o({method:e="GET",path:t,body:n,headers:s,signal:r},o,a){let u=ce(this.timeout,r);try{return await K((async()=>{let g=await this.fetch(`${this.url}/${t}`,{method:e,headers:{Accept:"application/json",...n!==void 0&&{"Content-Type":"application/json"},...o!==void 0&&{Authorization:`Bearer ${o}`},...s},...n!==void 0&&{body:JSON.stringify(n)},cache:"no-store",redirect:"manual",signal:u.signal});return g.ok||g.status===he?{taken:await a(g,u.signal)}:We(g,await g.text())})(),u.signal)}catch(h){throw r?.throwIfAborted(),h instanceof f?h:Ue(this.url,h)}finally{u.end()}}};var Ue=(i,e)=>new f({title:`${i||"The server"} does not answer`,status:0},{slug:"no-connection",cause:e}),J=i=>{let t=`This is no answer of Longhaul: ${i.type==="opaqueredirect"?"a redirect":i.status}, ${i.headers.get("Content-Type")??"without a type"}`;return new f({title:t,status:i.status},{slug:"unexpected-answer",retryAfter:$(i)})};function $({headers:i}){let e=i.get("Retry-After")?.trim();if(!e)return;let t=/^[0-9]+$/.test(e)?+e:(Date.parse(e)-Date.now())/1e3;return t>=0?t:void 0}async function Be(i){let e=await i.text();if(i.status===He||i.status===he)return;let t=pe(e);if(t)return t;throw/json/.test(i.headers.get("Content-Type")??"")&&!/[}\]]\s*$/.test(e)?new Error("The answer was cut"):J(i)}function We(i,e){let t=pe(e);return typeof t?.title!="string"?J(i):new f({...t,status:i.status},{retryAfter:$(i)})}function pe(i){try{let e=JSON.parse(i);return typeof e=="object"&&e&&!Array.isArray(e)?e:void 0}catch{return}}var fe=["filename","format","compression"];function ge(i,e){return/^\s*\[/.test(i)?JSON.parse(i).map(String):i.split(e).map(t=>t.trim()).filter(Boolean)}function me(i){let[e,t,n,s,...r]=["file-ids","keys","prefix","split",...fe].map(i),o={...Object.fromEntries(fe.map((a,u)=>[a,r[u]]).filter(([,a])=>a)),...s&&{split:Number(s)}};return e?{fileIds:ge(e,/[\s,]+/).map(a=>/^(0|[1-9]\d{0,14})$/.test(a)?Number(a):a),...o}:t?{keys:ge(t,/[\r\n]+/),...o}:n==null?void 0:{prefix:n,...o}}function be(i){try{let e=(i.split(".")[1]??"").replaceAll("-","+").replaceAll("_","/");return JSON.parse(atob(e))}catch{return{}}}var ee=i=>String(be(i).sub);function ye({selection:i,selectionUrl:e,request:t,place:n}){if(typeof i=="string"){let{exp:s,iat:r,nbf:o,jti:a,...u}=be(i);return JSON.stringify(u)}return i?n:e??(t&&JSON.stringify(t))}async function ve({selection:i,selectionUrl:e},t){if(i)return typeof i=="string"?i:i();if(!e)return;let n,s;try{n=await fetch(e,{headers:{Accept:"application/json"},cache:"no-store",credentials:"same-origin",signal:t}),s=n.ok?await n.json():null}catch(o){throw t.throwIfAborted(),new f({title:"No selection",status:0},{slug:"no-connection",cause:o})}if(typeof s?.selection=="string")return s.selection;if(n.ok)throw J(n);let r=n.status===404?403:n.status;throw new f({title:"No selection",status:r})}var xe="longhaul-export",F=class{kept;s=!1;place;#i;#s;#t;constructor(e,t,n,s){if(this.#i=xe+e,this.place=t,this.kept=s,t==="none")return;try{this.#s=t==="local"?localStorage:sessionStorage;let o=JSON.parse(this.#s.getItem(this.#i)??"null");o?.key&&!(o.ends<Date.now())&&(this.kept=o)}catch{}let r=this.#t=new BroadcastChannel(xe);r.onmessage=({data:o})=>{o?.name===this.#i&&(o.kept?n(o.kept):this.kept&&this.#n())},this.kept||this.#n()}keep(e,t=!0){this.kept=e;try{e?this.#s?.setItem(this.#i,JSON.stringify(e)):this.#s?.removeItem(this.#i)}catch{}e&&t&&this.#n()}close(){this.s=!0,this.#t?.close(),this.#t=void 0}#n(){this.#t?.postMessage({name:this.#i,kept:this.kept})}};var we=5,Ge=20,Ye=3e4,te=({status:i})=>i==="queued"||i==="processing",H=class{href="";archives=[];#i=0;#s=!1;#t=!1;#n=new AbortController;#o;#d;#a;#e;constructor(e,t,n,s,r){this.#o=new _({url:e,...t&&{token:t}}),this.#d=n,this.#a=s,this.#e=r}get signal(){return this.#n.signal}stop(){this.#n.abort()}get r(){return Date.now()<this.#i}async end(e){if(e&&await N(e,this.signal),e!==void 0&&this.#a.sub!==void 0&&!await this.#r())return;this.#a.jobId||await this.#v();let{jobId:t,ticket:n}=this.#a;return n&&this.#o.tickets.set(t,n),this.#t?this.#u():this.#b()}async cancel(e){if(this.#a.jobId)return this.#u();this.#t=!0,(!this.#s||e)&&this.stop()}async link(e){let{archives:t,downloadUrl:n,expiresIn:s}=(await this.#p("GET",`/download${e?`?archive=${e}`:""}`,1/0)).body;if(t){this.archives=t;return}if(!/^https?:/.test(n))throw new TypeError("No link");this.href=n,this.#i=Date.now()+s*1e3-Ye}async#r(){try{return ee(await this.#g(1/0)??"")===this.#a.sub}catch{return this.signal.throwIfAborted(),!1}}#g(e=we){return this.#l(()=>ve(this.#d,this.signal),e)}async#v(){let e=this.#a;for(let t=e.selection!==void 0;;t=!1){let n=t?e.selection:await this.#g();n!==void 0&&Object.assign(e,{selection:n,sub:ee(n)}),this.#e.keep(e),this.#s=!0;try{let s=n===void 0?this.#d.request:{selection:n},r={"Idempotency-Key":e.key},o=()=>this.#o.ask({method:"POST",path:"v1/export",body:s,headers:r,signal:this.signal,d:n!==void 0}),{ticket:a,ticketExpiresAt:u,...h}=(await this.#l(o)).body;return delete e.selection,this.#e.keep(Object.assign(e,{jobId:h.jobId,ticket:a,ends:u&&Date.parse(u)})),this.#e.u(h)}catch(s){if(!t||!(s instanceof f)||s.status!==401)throw s}}}async#b(){for(let e=null;;){let t=e,{headers:n,body:s}=await this.#p("GET","",1/0,{Prefer:`wait=${Ge}`,...t&&{"If-None-Match":t}});e=n.get("ETag");let r=s;if(r?.status==="completed"&&await this.link(),r&&!te(r))return r;r&&this.#e.c(r),(r||!n.has("Preference-Applied"))&&await N(($({headers:n})??1)*1e3,this.signal)}}async#u(){return(await this.#p("DELETE","?only=open")).body}#p(e,t,n,s){let r=this.#a.jobId,o=`v1/export/${encodeURIComponent(r)}${t}`;return this.#l(()=>this.#o.ask({method:e,path:o,job:r,headers:s,signal:this.signal}),n)}async#l(e,t=we){for(let n=1;;n+=1)try{let s=await e();return this.#e.e(),s}catch(s){if(this.signal.throwIfAborted(),!(s instanceof f)||!X(s)||s.slug==="too-many-jobs"||n>=t)throw s;this.#e.e(s.status?"unavailable":"no-connection"),this.#t&&this.stop(),await N(Z(n,s.retryAfter),this.signal,!0)}}};var ke=["download","cancel","again","starting","queued","files","left","trying","ready","leftOut","failed","cancelled","expired","selection-used","outdated","unauthorized","forbidden","source-missing","source-unreadable","nothing-to-export","quota-exceeded","no-connection","unavailable","wait"],Ve={"too-many-jobs":"unavailable","rate-limited":"unavailable"},ne={ar:`تنزيل
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
حاول مجددًا بعد {time}.`,de:`Herunterladen
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
Bitte in {time} erneut versuchen.`,en:`Download
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
Try again in {time}.`,es:`Descargar
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
Vuelva a intentarlo en {time}.`,fr:`Télécharger
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
Réessayez dans {time}.`,it:`Scarica
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
Riprova tra {time}.`,ja:`ダウンロード
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
{time}後に再度お試しください。`,nl:`Downloaden
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
Probeer het over {time} opnieuw.`,pt:`Baixar
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
Tente de novo em {time}.`,zh:`下载
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
请在 {time}后重试。`},Qe=/^(ar|fa|he|ur)\b/i,Ee=["byte","kilobyte","megabyte","gigabyte","terabyte"],ie=i=>/^[a-z]{2,3}(?=-|$)/.exec(i.toLowerCase())?.[0]??"";function Te(i,e){let t=i.find(l=>e[l]||e[ie(l)]||ne[ie(l)])??"en",n=ie(t),s={...e[n],...e[t]},r=(ne[n]??ne.en).split(`
`),o=(l,m)=>{try{return new Intl.NumberFormat(t,m).format(l)}catch{return new Intl.NumberFormat("en",m).format(l)}},a=(l,m,w=0)=>o(l,{style:"unit",unit:m,unitDisplay:m==="byte"?"long":"short",maximumFractionDigits:w}),u=(l,m,w=a)=>{let b=Ee.filter((U,P)=>P&&m>=999.5*1e3**(P-1)).length,v=l/1e3**b;return w(v,Ee[b],b&&v<99.95?1:0)},h=l=>u(l,l),g=l=>!!s[l]||ke.includes(l);return{tag:t,why:l=>[l,Ve[l]??""].find(g)??"failed",h:Qe.test(t),t:(l,m={})=>(s[l]??r[ke.indexOf(l)]??"").replace(/\{(\w+)\}/g,(w,b)=>{let v=m[b]??w;return typeof v=="number"?o(v):v}),percent:l=>o(l/100,{style:"percent"}),size:h,sizeOf:(l,m)=>`${u(l,m,(w,b,v)=>o(w,{maximumFractionDigits:v}))} / ${h(m)}`,duration:l=>l<60?a(Math.ceil(l),"second"):l<5400?a(l/60,"minute"):a(l/3600,"hour",1)}}var Se=`:host{
--a:var(--longhaul-accent,light-dark(#2f5be0,#86a6ff));
--track:var(--longhaul-track,color-mix(in srgb,currentColor 12%,transparent));
--r:var(--longhaul-radius,9px);
--gap:var(--longhaul-gap,12px);
display:inline-block;max-inline-size:100%;vertical-align:top;font-variant-numeric:tabular-nums}
*{box-sizing:border-box;margin:0}
:host([hidden]),[hidden],p:empty{display:none!important}
[type],a{display:inline-block;padding:.5em 1.1em;border:1px solid transparent;border-radius:var(--r);background:var(--a);color:var(--longhaul-on-accent,light-dark(#fff,#0d0e11));font:inherit;font-weight:550;text-align:center;text-decoration:none;cursor:pointer;overflow-wrap:anywhere}
[type]:hover,a:hover{opacity:.9}
:focus-visible{outline:2px solid var(--a);outline-offset:2px}
:disabled,[aria-disabled=true]{opacity:.55;cursor:default}
.quiet{padding:.25em .8em;border-color:var(--track);background:none;color:inherit;font-size:.875em}
.panel{display:grid;gap:var(--gap);inline-size:23em;max-inline-size:100%;padding:var(--gap) calc(var(--gap)*1.25);border:1px solid var(--track);border-radius:var(--r)}
.row{display:flex;flex-wrap:wrap;align-items:center;justify-content:space-between;gap:.3em var(--gap)}
.got{justify-content:start}
.whole{inline-size:100%}
ul{padding:0;list-style:none}
li{padding-block:.15em}
strong{font-weight:600}
.mute{opacity:.78;font-size:.875em;overflow-wrap:anywhere}
.bar{block-size:6px;border-radius:3px;background:var(--track);overflow:hidden}
i{display:block;block-size:100%;inline-size:0;border-radius:3px;background:var(--a);transition:inline-size .6s}
.unknown i{padding-inline-start:35%;animation:seek 1.8s ease-in-out infinite alternate}
@keyframes seek{to{margin-inline-start:65%}}
.bad strong{color:var(--longhaul-danger,light-dark(#bf2c37,#ff8a91))}
a::before{content:"";display:inline-block;inline-size:.95em;block-size:.95em;margin-inline-end:.5em;vertical-align:-.1em;background:currentColor;clip-path:polygon(43% 0,57% 0,57% 42%,82% 42%,50% 76%,50% 88%,100% 88%,100% 100%,0 100%,0 88%,50% 88%,50% 76%,18% 42%,43% 42%)}
.unseen{position:absolute;clip-path:inset(50%);inline-size:1px;block-size:1px;overflow:hidden}
@media(forced-colors:active){.bar,[type],a{border:1px solid}i{background:Highlight;forced-color-adjust:none}}
@media(prefers-reduced-motion){i{animation:none!important;transition:none}}`;var Xe=15e3,Ze=/[\p{Bidi_C}\p{Cc}]/gu,se;function d(i,e={},...t){let n=document.createElement(i);for(let[s,r]of Object.entries(e))n.setAttribute(s,r);return n.append(...t),n}function y(i,e){i.textContent!==e&&(i.textContent=e)}var Ae=i=>i.replace(Ze,"�"),Oe=({t:i},e)=>e?D(i(e),i("trying")):"",D=(...i)=>i.filter(Boolean).join(" · ");function Re(i,e){se||(se=new CSSStyleSheet).replaceSync(Se),i.adoptedStyleSheets=[se];let t=d("span"),n=d("button",{type:"button",part:"button"},d("slot"),t),[s,r,o]=[d("strong"),d("span",{class:"mute"}),d("p",{part:"text",class:"mute"})],a=d("button",{type:"button",part:"cancel",class:"quiet"}),u=d("i"),h=d("div",{part:"bar",class:"bar",role:"progressbar"},u),g=d("div",{part:"progress",class:"panel",role:"group",tabindex:"-1"},d("div",{class:"row"},d("span",{},s," ",r),a),h,o),[l,m,w]=[d("bdi"),d("span"),d("p",{class:"mute whole"})],b=d("a",{part:"download"}),v=d("ul",{part:"archives",class:"whole"}),U=d("div",{class:"row got"},b,d("span",{part:"text",class:"mute"},l,m),v,w),[P,B]=[d("strong"),d("p",{class:"mute"})],j=d("button",{type:"button",part:"retry",class:"quiet"}),W=d("div",{class:"panel row"},d("div",{part:"error"},P,B),j),G=d("span",{class:"unseen",role:"status"}),Y=d("div",{},n,g,U,W,G);i.append(Y),n.onclick=j.onclick=e.start,a.onclick=e.cancel,b.onclick=e.download;let je=({size:p})=>c=>{let x=d("button",{type:"button",part:"archive",class:"quiet"},Ae(c.filename));return x.onclick=()=>e.save(c.archive),d("li",{class:"row"},x,d("span",{class:"mute"},p(c.size)))},R,oe=0,Ie=p=>{let{state:c,o:x,job:E,a:V}=p,{t:T}=x,M=R?.state!==c,O=M&&i.activeElement,A=c==="starting"||c==="running",I=c==="failed"||c==="cancelled"||c==="expired",S="";if(Y.lang=x.tag,Y.dir=p.p,n.hidden=c!=="idle",n.disabled=p.l,g.hidden=!A,U.hidden=c!=="ready",W.hidden=!I,y(t,p.f?"":p.label),A&&(S=Ne(p)),c==="ready"&&E){y(b,T("download")),b.href=p.href,b.hidden=p.archives.length>0,R?.archives!==p.archives&&v.replaceChildren(...p.archives.map(je(x))),y(l,Ae(E.filename)),y(m,` · ${x.size(E.result?.fileSize??E.progress.bytesTotal)}`);let{skipped:L,processedFiles:C,totalFiles:q}=E.result??{},k=L?.length??(q??0)-(C??0);y(w,Oe(x,p.e)||(k>0?T("leftOut",{n:k}):"")),S=D(T("ready"),w.textContent)}if(I){let L=c==="failed"?x.why(p.slug):c;W.classList.toggle("bad",c==="failed"),y(P,T(L)),y(B,p.retryAfter?T("wait",{time:x.duration(p.retryAfter)}):""),y(j,T("again")),j.disabled=p.l,S=D(T(L),B.textContent)}(M?!V&&R:S&&S!==G.textContent)&&(oe=Date.now(),y(G,S)),R={...p},O&&O.closest("[hidden]")&&(A?g:c==="ready"?v.querySelector("button")??b:I?j:n).focus()},Ne=({state:p,o:c,label:x,job:E,e:V,g:T,a:M})=>{let{t:O}=c,{percent:A=0,bytesDone:I=0,bytesTotal:S=0,currentFile:L=0,totalFiles:C=0,etaSeconds:q=null}=E?.progress??{},k=p==="running"&&S>0,ae=M&&!E?"":O(E?.progress.stage==="queued"?"queued":"starting"),le=C>1?O("files",{done:L,n:C}):"";y(s,k?c.percent(A):ae);let z=Oe(c,V);y(r,k&&q?O("left",{time:c.duration(q)}):""),y(o,z||!k?z:D(le,c.sizeOf(I,S))),y(a,O("cancel")),a.setAttribute("aria-disabled",String(T));for(let De of[g,h])De.ariaLabel=x;h.classList.toggle("unknown",!k),u.style.inlineSize=k?`${A}%`:"";let de=k?D(c.percent(A),le):ae;return k?h.setAttribute("aria-valuenow",String(A)):h.removeAttribute("aria-valuenow"),h.setAttribute("aria-valuetext",de),z||(R?.e||R?.state!==p||Date.now()-oe>Xe?de:"")};return Ie}var et=8e3,tt=2**31-1,Le=["lang","dir","disabled"],nt=[401,403,404,410],it=500,st=globalThis.HTMLElement??class{},re=class i extends st{static observedAttributes=[...Le,"api","selection-url","file-ids","keys","prefix","filename","format","compression","split","storage"];static texts={};#i;#s;#t="idle";#n;#o;#d;#a="";#e;#r;#g;#v;#b;#u=!1;#p=!1;#l=!1;#f=!1;#x=!1;get selection(){return this.#i}set selection(e){this.#i=e,this.#w()}get request(){return this.#s}set request(e){this.#s=e,this.#w()}get job(){return this.#n}get state(){return this.#t}start(){if(this.#y||this.hasAttribute("disabled"))return;this.#l=!0;try{this.#L()}catch(n){return this.#S(n,"failed")}if(this.#y)return;let e=this.#e.kept,t=e&&(!this.#n||te(this.#n));this.#E(t?e:{key:crypto.getRandomValues(new Uint32Array(4)).join("-")},t?0:void 0)}retry(){this.start()}cancel(){if(!this.#y||this.#f)return;let e=this.#r;this.#f=!0,this.#h(),e.cancel(!!this.#d).then(t=>{t&&(this.#f=!1,e.stop(),this.#T(t))},t=>{this.#f=!1,this.#h(),!e.signal.aborted&&!(t instanceof f&&t.slug==="already-ended")&&this.#m("longhaul-error",{error:t})})}reset(){this.#k(),this.#e?.keep(),this.#c("idle")}connectedCallback(){if(!this.#u){if(this.#u=!0,!this.#g){for(let t of["selection","request"]){let n=Object.getOwnPropertyDescriptor(this,t);n&&delete this[t]&&(this[t]=n.value)}let e=this.attachShadow({mode:"open",delegatesFocus:!0});this.#g=Re(e,{start:()=>this.start(),cancel:()=>this.cancel(),download:t=>this.#I(t),save:t=>this.#A(t)}),e.addEventListener("slotchange",()=>this.#h())}this.#b=new MutationObserver(()=>this.#h()),this.#b.observe(document.documentElement,{attributeFilter:["lang"]}),this.#c(this.#t,this.#n),this.#w()}}disconnectedCallback(){queueMicrotask(()=>{this.isConnected||(this.#u=!1,this.#b?.disconnect(),this.#k(),this.#e?.close())})}attributeChangedCallback(e){Le.includes(e)?this.#h():this.#w()}get#y(){return this.#t==="starting"||this.#t==="running"}get#O(){let e=this.getAttribute("selection-url");return this.#i?{selection:this.#i,place:this.id&&`${location.pathname}${location.search}#${this.id}`}:e!==null?{selectionUrl:new URL(e,document.baseURI).href}:{request:this.#s??me(t=>this.getAttribute(t))}}#w(){this.#p||(this.#p=!0,queueMicrotask(()=>{this.#p=!1,this.#u&&this.#L()}))}get#R(){return new URL(this.getAttribute("api")??new URL(".",import.meta.url),document.baseURI).href.replace(/\/+$/,"")}#L(){let e=ye(this.#O),t=e?this.getAttribute("storage")??"session":"none",n=JSON.stringify([this.#R,e??""]),s=this.#a===n?this.#e:void 0;if(s?.place===t&&!s.s)return;this.#k(),this.#e?.close(),this.#a=n;let{kept:r}=this.#e=new F(n,t,o=>this.#P(o),s?.kept);r?this.#E(r,0):this.#t!=="idle"&&this.#c("idle")}#P(e){let t=this.#e.kept,n=t?.key===e.key;(n?t.jobId||!e.jobId:this.#n&&t?.sub!==e.sub)||!n&&this.#y&&(t?.jobId||e.key>(t?.key??""))||(this.#e.keep(e,!1),this.#E(e,e.jobId?0:et))}#k(){this.#r?.stop(),clearTimeout(this.#v)}#E(e,t){this.#k(),this.#f=!1,this.#x=t!==void 0&&!this.#l,this.#d=this.#o=void 0,this.#c("starting");let n=this.#e,s=new H(this.#R,this.token,this.#O,e,{e:r=>{r!==this.#d&&(this.#d=r,this.#h())},keep:r=>n.keep(r),u:r=>this.#m("longhaul-start",{job:r}),c:r=>{this.#c("running",r),this.#x=!1,this.#m("longhaul-progress",{job:r})}});this.#r=s,s.end(t).then(r=>{s.signal.aborted||(r?this.#T(r):this.reset())},r=>{if(this.#r!==s||!this.#u)return;if(s.signal.aborted){this.#f&&this.#j();return}let o=r instanceof f&&r.status>0&&r.status<it,a=o&&e.jobId&&nt.includes(r.status);(a||!e.jobId&&o)&&n.keep(),a&&this.#x?this.reset():this.#S(r,a?"expired":"failed")})}#T(e){let{status:t}=e,n=t==="completed";if((t==="cancelled"||t==="expired")&&this.#e?.keep(),this.#c(n?"ready":t,e),this.#m("longhaul-end",{job:e}),!n)return;let s=Date.parse(e.expiresAt)-Date.now();if(this.#v=setTimeout(()=>this.#T({...e,status:"expired"}),Math.min(s,tt)),!this.#l)return;let r=()=>{document.visibilityState!=="visible"||!this.#l||(this.#l=!1,this.#r.archives.length||this.#A())};document.addEventListener("visibilitychange",r,{signal:this.#r.signal}),r()}#j(){this.#e?.keep(),this.#c("cancelled"),this.#m("longhaul-end",{job:void 0})}#S(e,t){this.#o=e,this.#c(t,this.#n),this.#m("longhaul-error",{error:e})}#I(e){this.#r.r||(e.preventDefault(),this.#A())}#A(e){let t=this.#r;(t.r&&!e?Promise.resolve():t.link(e)).then(()=>{this.#h(),location.assign(t.href)},n=>{t.signal.aborted||(this.#e?.keep(),this.#S(n,"expired"))})}#c(e,t){this.#n=t,this.#t=e,this.setAttribute("state",e),!this.#y&&e!=="ready"&&(this.#l=!1),this.#h()}#m(e,t){this.dispatchEvent(new CustomEvent(e,{bubbles:!0,composed:!0,detail:t}))}#h(){let e=Te([Pe(this),...navigator.languages],i.texts),t=this.textContent?.trim(),n=this.#o instanceof f?this.#o:void 0,s=n?.slug??Q(this.#n?.error??{});this.#g?.({state:this.#t,o:e,p:this.dir||(e.h?"rtl":""),label:t||e.t("download"),f:!!t,l:this.hasAttribute("disabled"),job:this.#n,e:this.#d,g:this.#f,href:this.#r?.href??"",archives:this.#r?.archives??[],slug:s==="unauthorized"&&n?.type.startsWith("urn:")&&!this.token?"outdated":s,retryAfter:n?.retryAfter,a:this.#x})}};function Pe(i){let e=i.getRootNode();return i.closest("[lang]")?.lang??(e instanceof ShadowRoot?Pe(e.host):"")}globalThis.customElements&&!customElements.get("longhaul-export")&&customElements.define("longhaul-export",re);export{re as LonghaulExport};
