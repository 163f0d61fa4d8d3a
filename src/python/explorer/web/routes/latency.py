from explorer.web.rendering import page
async def show(request):
    return page("problem", here="latency", detail="soon")
