// Says exact times in the reader's time zone; the page's own words become the title.
// Days, months and years have no time zone and stay as they are.
const language = document.documentElement.lang;
const day = new Intl.DateTimeFormat(language, { dateStyle: "long" });
const minute = new Intl.DateTimeFormat(language, { timeStyle: "short", hourCycle: "h23" });

for (const time of document.querySelectorAll("[data-thread] time[datetime*='T']")) {
  const at = new Date(time.dateTime);
  time.title = `${time.textContent} ${time.dateTime.slice(19)}`;
  time.textContent = `${day.format(at)}, ${minute.format(at)}`;
}
